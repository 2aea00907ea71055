// What serving a request needs of the process it runs in; fleet/ wires it.

import type { ErrorCode } from "../base/errors.ts";
import type { FetchCount } from "../fetch/fetcher.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { RefusedHead } from "../http1/refused-head.ts";
import type { TenantMeter } from "../observe/tenant-meter.ts";
import type { RequestTrace } from "../observe/trace/request-trace.ts";
import type { Deployment } from "../phases/deployment.ts";
import type { Exchange, HttpVersion } from "../phases/exchange.ts";
import type { Egress } from "../upstream/egress.ts";
import type { UpstreamGroup } from "../upstream/groups.ts";
import type { Transport } from "../upstream/transport.ts";
import type { Capture } from "./capture/capture.ts";
import type { Compression } from "./compression/compression.ts";
import type { Holders } from "./holders.ts";
import type { Policy } from "./policy/policy.ts";
import type { ClientPolicy } from "./tls/owner.ts";
import type { Versions } from "./versions.ts";

/** A tenant as requests see it. */
export interface Tenant {
  /** Who it is among all that have or had its name. */
  readonly id: string;
  readonly name: string;
  /** What it wants to know of TLS clients; null: nothing. */
  readonly clients: ClientPolicy | null;
  /** Null: nobody pays. */
  readonly meter: TenantMeter | null;
  readonly groups: ReadonlyMap<string, UpstreamGroup>;
  readonly defaultGroup: UpstreamGroup | null;
  readonly maxRetries: number;
  /** Under way at a time. */
  readonly requestsMax: number;
  /** Null: answers go to clients as they are. */
  readonly compression: Compression | null;
  /** Protocols that a client may switch to, lower case. */
  readonly upgrades: ReadonlySet<string>;
  /** A client that closes its half while it is answered has left. */
  readonly abortsOnHalfClose: boolean;
  /** Nobody is served. */
  readonly isSuspended: boolean;
  /** What the configuration does to requests before any script; null: nothing. */
  readonly policy: Policy | null;
  readonly bufferedBodyBytes: number;
  /** What holds for peers that the script returns; null: it may return any. */
  readonly egress: Egress | null;
  /** What its scripts fetch. */
  readonly fetches: FetchCount;
  /** Null: plain proxying. */
  readonly deployment: Deployment | null;
  /** Null: `deployment` serves every request. Else each request gets one of several. */
  readonly versions: Versions | null;
  /** Signs the passes of its testers; left out or empty: there are none. */
  readonly testerKey?: string;
  /** Who uses it; a reload waits for them. */
  readonly holders: Holders;
  /** Gives its isolates back. Called once, when nobody holds it any more. */
  readonly retire: () => void;
}

export interface ServeContext {
  /** The tenant of a Host; null: nobody's. */
  readonly route: (host: string) => Tenant | null;
  /** Whose scripts are around every tenant's, the outermost first. */
  readonly around: readonly Tenant[];
  readonly transport: Transport;
  readonly bodyBytesMax: number;
  readonly bodyIdleMs: number;
  /** Where the time of requests goes is measured. Left out: it is not. */
  readonly isTimed?: boolean;
  /** The trace that it is part of, by what its sender says. Left out: nobody traces. */
  readonly traceOf?: (headers: string, sender: string) => RequestTrace | null;
  /** A record of the request is wanted; null: it is not. Left out: of none. */
  readonly captureOf?: (tenant: Tenant, head: RequestHead) => Capture | null;
  /** The request is replayed: when it was, and whose. Left out: it is not. */
  readonly recorded?: Pick<Exchange, "startMs" | "client" | "version" | "authority" | "trace">;
  /** An exchange is over and its logging hook has run. */
  readonly logged: (exchange: Exchange) => void;
  /** A request that never became an exchange of a tenant. */
  readonly refused: (refusal: Refusal) => void;
}

export interface Refusal {
  readonly id: string;
  readonly client: string;
  /** Null or left out: nobody's, or nobody knows. */
  readonly tenant?: Pick<Tenant, "name" | "meter"> | null;
  readonly head: RefusedHead;
  readonly version: HttpVersion;
  readonly code: ErrorCode;
  readonly message: string;
  readonly status: number;
  /** Of what came of the request. */
  readonly bytesReceived: number;
  /** Of the body of the answer. */
  readonly bytesSent: number;
}
