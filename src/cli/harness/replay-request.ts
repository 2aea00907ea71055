// One request that was captured, through the codec, the life of a request and the isolate of
// another version. Its upstream, clock, randomness and whatever its script learns are the record's;
// what comes of it is recorded again.

import type { Deadlines } from "../../base/clock.ts";
import { Capture } from "../../downstream/capture/capture.ts";
import { ClientSocket } from "../../downstream/client-socket.ts";
import { ClientConnection } from "../../downstream/connection.ts";
import {
  Forwarder,
  type Forwarding,
  PROTO,
  type Sender,
  TrustedProxies,
} from "../../downstream/forwarded.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import { DownstreamServer } from "../../downstream/server.ts";
import type { HttpConfig } from "../../fleet/trials/rehearsal-order.ts";
import type { RequestHead } from "../../http1/messages.ts";
import type { CaptureRecord } from "../../observe/capture/record.ts";
import { RequestTrace } from "../../observe/trace/request-trace.ts";
import { fixedGroup } from "../../upstream/group/fixed.ts";
import type { UpstreamGroup } from "../../upstream/groups.ts";
import { toPeer } from "../../upstream/peer.ts";
import { eachField, fieldOf } from "../../wire/headers.ts";
import { MemorySocket } from "./memory-socket.ts";
import { RecordedUpstream } from "./recorded-upstream.ts";
import { serverOptions } from "./run-request.ts";

export interface ReplayParts {
  readonly config: HttpConfig;
  readonly tenant: Tenant;
  readonly deadlines: Deadlines;
}

/** Rejects if the request does not come as far as a record. */
export async function replayRequest(
  parts: ReplayParts,
  record: CaptureRecord,
): Promise<CaptureRecord> {
  const { config, deadlines } = parts;
  const { promise, resolve, reject } = Promise.withResolvers<CaptureRecord>();
  const capture = new Capture(resolve, notesOf(record));
  const upstream = new RecordedUpstream(record.attempts);
  const tenant = withRecordedPeers(parts.tenant, record);
  const options = serverOptions({ config, tenant, around: [], deadlines }, upstream, (end) => {
    if ("code" in end) reject(new Error(`it was refused: ${end.message}`));
    else setImmediate(() => reject(new Error("no hook ran")));
  });
  const { client, version, authority, trace: facts } = record.request;
  const trace = facts === null ? null : new RequestTrace(facts, null);
  const recorded = { startMs: record.startMs, client, version, authority, trace };
  const server = new DownstreamServer({
    ...options,
    forwarder: new RecordedForwarder(record),
    context: { ...options.context, captureOf: () => capture, recorded },
  });
  const socket = new MemorySocket(client);
  new ClientConnection(new ClientSocket({ socket, secure: null }), server.clients, {
    ...options.connection,
  });
  socket.push(bytesOf(record));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** What the n-th call of a chain learnt; of one that was not made: the time of the request. */
function notesOf({ calls, startMs }: CaptureRecord): (chain: number) => string {
  const left = [...calls];
  const none = JSON.stringify([[CLOCK, "", [startMs, 1, startMs]]]);
  return (chain) => {
    const at = left.findIndex((call) => call.chain === chain);
    const [call] = at === -1 ? [] : left.splice(at, 1);
    return call?.notes ?? none;
  };
}

/** As sdk/runtime/notes.ts has it. */
const CLOCK = 9;

/** Says of the request what was said when it came. */
class RecordedForwarder extends Forwarder {
  readonly #record: CaptureRecord;

  constructor(record: CaptureRecord) {
    super(new TrustedProxies([]), "sluice-replay");
    this.#record = record;
  }

  override isLoop(): boolean {
    return false;
  }

  /** In the record's headers is nobody's word who was not trusted. */
  override isSecure(): boolean {
    const { headers } = this.#record.request;
    const forwarded = PROTO.exec(fieldOf(headers, "forwarded") ?? "")?.[1] ?? "";
    const told = [fieldOf(headers, "x-forwarded-proto") ?? "", forwarded];
    return told.some((proto) => /^\s*https\b/i.test(proto));
  }

  override forward<S extends Sender>(_head: RequestHead, sender: S): Forwarding<S> {
    const { id, request } = this.#record;
    return { id, sender, clientAddress: request.client.address, headers: request.headers };
  }
}

/** Upstream groups have the peers that were asked, so that it is asked of them again. */
function withRecordedPeers(tenant: Tenant, { attempts }: CaptureRecord): Tenant {
  const groups = new Map(tenant.groups);
  for (const name of new Set(attempts.map(({ destination }) => destination))) {
    if (!groups.has(name)) continue;
    const addresses = attempts.filter((one) => one.destination === name).map((one) => one.peer);
    const peers = [...new Set(addresses)].flatMap((address) => toPeer(address) ?? []);
    if (peers.length === 0) continue;
    groups.set(
      name,
      fixedGroup(
        name,
        peers.map((peer) => ({ peer, weight: 1 })),
      ),
    );
  }
  const same = (group: UpstreamGroup | null): UpstreamGroup | null =>
    group === null ? null : (groups.get(group.name) ?? group);
  return { ...tenant, groups, defaultGroup: same(tenant.defaultGroup) };
}

/** Of the head what the codec must see: what hooks see of it is the record's. */
function bytesOf({ request }: CaptureRecord): Buffer {
  const { method, target, host, version, headers } = request;
  const body = Buffer.from(request.body?.base64 ?? "", "base64");
  let lines = "";
  let isLong = false;
  eachField(headers, (name, value) => {
    const key = name.toLowerCase();
    isLong ||= key === "content-length";
    if (!isOwn(key)) lines += `${name}: ${value}\r\n`;
  });
  const framing =
    request.body === null ? "" : isLong ? `Content-Length: ${body.length}\r\n` : CHUNKED;
  const minor = version === "1.0" ? 0 : 1;
  const head = `${method} ${target} HTTP/1.${minor}\r\nHost: ${host}\r\n${lines}${framing}\r\n`;
  const sent = framing === CHUNKED ? chunked(body) : body;
  return Buffer.concat([Buffer.from(head, "latin1"), sent]);
}

const OWN_NAMES = [
  ...["host", "content-length", "transfer-encoding", "connection", "upgrade", "expect", "via"],
  ...["forwarded", "max-forwards", "sluice-version", "x-real-ip", "x-request-id"],
];
const isOwn = (name: string): boolean =>
  OWN_NAMES.includes(name) || name.startsWith("x-forwarded-");

const CHUNKED = "Transfer-Encoding: chunked\r\n";

const chunked = (body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from("\r\n0\r\n\r\n"),
  ]);
