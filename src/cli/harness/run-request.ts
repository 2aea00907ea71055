// One request of a test from its bytes to the bytes of its answer, through the codec, the life of a
// request and the isolate that `sluice serve` has. Only the two ends are the test's.

import type { RunOptions, RunResult, TestRequest, TestResponse } from "../../../sdk/test.ts";
import type { Deadlines } from "../../base/clock.ts";
import { parseTraceParent } from "../../base/trace-context.ts";
import { ClientSocket } from "../../downstream/client-socket.ts";
import { ClientConnection } from "../../downstream/connection.ts";
import { Forwarder, TrustedProxies } from "../../downstream/forwarded.ts";
import { ANY } from "../../downstream/overload.ts";
import type { Refusal, Tenant } from "../../downstream/serve-context.ts";
import { DownstreamServer, type ServerOptions } from "../../downstream/server.ts";
import { NO_TLS } from "../../downstream/tls/front.ts";
import type { HttpConfig } from "../../fleet/trials/rehearsal-order.ts";
import { CODEC_LIMITS } from "../../http1/limits.ts";
import { type RequestTrace, traceOf } from "../../observe/trace/request-trace.ts";
import type { Exchange } from "../../phases/exchange.ts";
import type { Transport } from "../../upstream/transport.ts";
import { fieldOf } from "../../wire/headers.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import { watchGroups } from "./groups.ts";
import { MemorySocket } from "./memory-socket.ts";
import { readResponse, requestBytes } from "./messages.ts";
import type { Recorder } from "./recorder.ts";

export interface RunParts {
  readonly config: HttpConfig;
  readonly tenant: Tenant;
  /** The layers around it, the outermost first. */
  readonly around: readonly Tenant[];
  readonly recorder: Recorder;
  readonly deadlines: Deadlines;
}

/** How it ended: an exchange that is over, or a request that never became one. */
type End = Exchange | Refusal;

const CLIENT = { address: "127.0.0.1", port: 40_000 };

export async function runRequest(
  parts: RunParts,
  request: TestRequest,
  options: RunOptions,
): Promise<RunResult> {
  const { tenant, groupOf } = watchGroups(parts.tenant);
  const upstream = new FakeUpstream(options, groupOf);
  const socket = new MemorySocket({ ...CLIENT, ...options.client });
  const end = await new Promise<End>((ended) => {
    const server = new DownstreamServer(serverOptions({ ...parts, tenant }, upstream, ended));
    const { connection } = serverOptions(parts, upstream, ended);
    const Client = isSecure(tenant, request) ? SecureClient : ClientSocket;
    new ClientConnection(new Client({ socket, secure: null }), server.clients, connection);
    socket.push(requestBytes(request));
  });
  // what is written last may still be on its way through the socket
  await new Promise(setImmediate);
  const written = socket.written();
  socket.destroy();
  if (upstream.thrown.length > 0) throw upstream.thrown[0];
  const method = request.method ?? (request.body === undefined ? "GET" : "POST");
  return resultOf({ end, response: readResponse(written, method), upstream }, parts.recorder);
}

/** As if TLS had ended at it. */
class SecureClient extends ClientSocket {
  override readonly tls: boolean = true;
}

/** As the URL says. With a path alone it comes as it would be served: in the clear it might not. */
function isSecure({ policy }: Tenant, { url = "" }: TestRequest): boolean {
  const scheme = /^(https?):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined) return scheme === "https";
  return (policy?.https?.redirectPort ?? null) !== null;
}

interface Ran {
  readonly end: End;
  readonly response: TestResponse | null;
  readonly upstream: FakeUpstream;
}

function resultOf({ end, response, upstream }: Ran, recorder: Recorder): RunResult {
  const { hooks, log } = recorder.take(end.id);
  const { attempts } = upstream;
  const last = attempts.at(-1);
  const error = "code" in end ? end : end.error;
  return {
    id: end.id,
    response,
    error: error === null ? null : { code: error.code, message: error.message },
    group: last?.group ?? null,
    peer: last?.peer ?? null,
    upstreamRequest: last?.request ?? null,
    attempts,
    hooks,
    ctx: hooks.findLast(({ operator }) => operator === undefined)?.ctx ?? {},
    log,
  };
}

/** A test that wants to see a trace sends one. */
const traceOfTest = (headers: string): RequestTrace | null =>
  parseTraceParent(fieldOf(headers, "traceparent") ?? "") === null
    ? null
    : traceOf(headers, true, { isParentBased: true, ratio: 1 });

export function serverOptions(
  { config, tenant, around, deadlines }: Omit<RunParts, "recorder">,
  transport: Transport,
  ended: (end: End) => void,
): ServerOptions {
  const { headMs, bodyIdleMs, keepAliveMs, clientWriteMs } = config.timeouts;
  const { bodyBytes, headBytes, headers, targetBytes, connections } = config.limits;
  const limits = { headBytesMax: headBytes, headerLinesMax: headers, targetBytesMax: targetBytes };
  return {
    context: {
      route: () => tenant,
      around,
      transport,
      bodyBytesMax: bodyBytes,
      bodyIdleMs,
      traceOf: traceOfTest,
      logged: ended,
      refused: ended,
    },
    connection: {
      deadlines,
      codec: { ...CODEC_LIMITS, ...limits },
      headMs,
      bodyBytesPerSecond: 0,
      keepAliveMs,
      clientWriteMs,
      responseBytesPerSecond: 0,
    },
    forwarder: new Forwarder(new TrustedProxies(config.trustedProxies), "sluice-test"),
    connections: { max: connections, name: "limits.connections" },
    http2: () => false,
    isProxied: () => false,
    connectionsPerAddress: 0,
    overload: ANY,
    overloaded: () => undefined,
    dropped: () => undefined,
    tls: NO_TLS,
  };
}
