// Makes of the configuration what the near side of one worker needs. Each reload makes it anew,
// for connections that begin later.

import { totalmem } from "node:os";
import type { Deadlines } from "../../base/clock.ts";
import type { OverloadConfig } from "../../base/config/client-types.ts";
import type { Config } from "../../base/config/types.ts";
import { Forwarder, TrustedProxies } from "../../downstream/forwarded.ts";
import type { OverloadBounds } from "../../downstream/overload.ts";
import type { ServeContext } from "../../downstream/serve-context.ts";
import type { ServerOptions } from "../../downstream/server.ts";
import { CODEC_LIMITS } from "../../http1/limits.ts";
import { traceOf } from "../../observe/trace/request-trace.ts";
import { boundOf, type DescriptorShare } from "../shared/descriptors.ts";
import type { Finished } from "./finished.ts";
import type { ListenerTls } from "./listener-tls.ts";

export interface WorkerParts
  extends Pick<ServeContext, "route" | "around" | "transport">,
    Required<Pick<ServeContext, "captureOf">>,
    Pick<ServerOptions, "dropped" | "overloaded"> {
  readonly deadlines: Deadlines;
  readonly finished: Finished;
  readonly descriptors: DescriptorShare;
  readonly tls: ListenerTls;
  /** Our name in Via. */
  readonly pseudonym: string;
}

export function serverOptions(config: Config, parts: WorkerParts): ServerOptions {
  const { around, captureOf, deadlines, descriptors, dropped, finished, overloaded } = parts;
  const { pseudonym, route, tls, transport } = parts;
  const { headMs, bodyIdleMs, keepAliveMs, clientWriteMs } = config.timeouts;
  tls.configure(config);
  const forwarder = new Forwarder(new TrustedProxies(config.trustedProxies), pseudonym);
  return {
    context: {
      route,
      around,
      transport,
      bodyBytesMax: config.limits.bodyBytes,
      bodyIdleMs,
      isTimed: config.log.keep > 0,
      ...tracing(config, forwarder),
      captureOf,
      logged: (exchange) => finished.exchange(exchange),
      refused: (refusal) => finished.refused(refusal),
    },
    connection: {
      deadlines,
      codec: {
        ...CODEC_LIMITS,
        headBytesMax: config.limits.headBytes,
        headerLinesMax: config.limits.headers,
        targetBytesMax: config.limits.targetBytes,
      },
      headMs,
      bodyBytesPerSecond: config.limits.bodyBytesPerSecond,
      keepAliveMs,
      clientWriteMs,
      responseBytesPerSecond: config.limits.responseBytesPerSecond,
    },
    forwarder,
    connections: boundOf(config.limits.connections, descriptors),
    http2: (listener) => tls.speaksHttp2(listener),
    connectionsPerAddress: config.limits.connectionsPerAddress,
    overload: boundsOf(config.overload),
    ...{ dropped, overloaded },
    isProxied: (listener, address) => tls.isProxied(listener, address),
    tls: {
      contextsOf: (listener) => tls.of(listener),
      ownerOf: (host) => tls.ownerOf(route(host)),
      challenges: tls.challenges,
      handshakeMs: config.timeouts.handshakeMs,
      handshakesPerSecond: config.limits.handshakesPerSecond,
      isTrusted: (address) => forwarder.trusts(address),
    },
  };
}

function tracing({ tracing }: Config, forwarder: Forwarder): Pick<ServeContext, "traceOf"> {
  if (tracing === null) return {};
  const { trust } = tracing;
  const isTrusted = (sender: string): boolean =>
    trust === "all" || (trust === "proxies" && forwarder.trusts(sender));
  return { traceOf: (headers, sender) => traceOf(headers, isTrusted(sender), tracing) };
}

function boundsOf({ lagMs, requests, memoryPercent }: OverloadConfig): OverloadBounds {
  const allBytes = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
  return {
    lagMs: overloadBound(lagMs),
    requests: overloadBound(requests),
    rssBytes: overloadBound((allBytes * memoryPercent) / 100),
  };
}

const overloadBound = (configured: number): number =>
  configured === 0 ? Number.POSITIVE_INFINITY : configured;
