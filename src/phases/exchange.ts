// One request/response exchange as the phases know it: what hooks see and what their effects
// change. It knows neither sockets nor connections; `serve.ts` moves it along.

import type { SluiceError } from "../base/errors.ts";
import { Fetcher, type FetchReach } from "../fetch/fetcher.ts";
import type { TenantMeter } from "../observe/tenant-meter.ts";
import type { Used } from "../sandbox/call.ts";
import type { ConnectionFacts, Transport } from "../upstream/transport.ts";
import { fieldOf } from "../wire/headers.ts";
import { Background } from "./background.ts";
import type { ClientStates } from "./client-states.ts";
import type { BodyModes, Deployment } from "./deployment.ts";
import type { LogValue } from "./log-fields.ts";
import type { Marks } from "./marks.ts";
import { NEW_CTX } from "./table.ts";
import type { ScriptFailure } from "./tally.ts";

export interface ExchangeClient {
  readonly address: string;
  readonly port: number;
  /** What `session.client.tls` is, as JSON in ASCII; empty: the connection is in the clear. */
  readonly tlsText: string;
}

/** The line and the header block of a request. */
export interface RequestParts {
  method: string;
  target: string;
  headers: string;
}

/** The status and the header block of a response. */
export interface ResponseParts {
  status: number;
  headers: string;
  /** False: the block certainly has no X-Request-Id. */
  mayHaveId: boolean;
}

/** What a script may set in earlyRequestFilter; undefined: as configured. */
export interface SessionOptions {
  responseTimeoutMs?: number;
  bodyIdleMs?: number;
  requestBodyBytesMax?: number;
  maxRetries?: number;
}

/** Headers that hooks have set, appended to or removed, as `foldedName` has them. */
export interface EditedNames {
  readonly request: Set<string>;
  readonly response: Set<string>;
}

/**
 * `due`: newCtx has yet to run, or was lost with what it did, and comes before the next hook.
 * `failed`: there is none, so that no hook can run any more.
 */
export type CtxState = "due" | "made" | "failed";

export class Exchange implements RequestParts {
  readonly id: string;
  /** Milliseconds since the epoch, with a fraction, when the head was complete. */
  readonly startMs: number;
  readonly client: ExchangeClient;
  /** Of the client's connection; null: that is not the client's alone. */
  readonly states: ClientStates | null;
  readonly minor: 0 | 1;
  /** As the client named it; empty: it did not. */
  readonly host: string;
  /** Host of the request's URL, never empty. */
  readonly authority: string;
  /** Empty: nobody's. */
  readonly tenant: string;
  /** Null: nobody's. */
  readonly meter: TenantMeter | null;
  /** Null: the tenant has no script. */
  readonly deployment: Deployment | null;
  method: string;
  target: string;
  headers: string;
  /** JSON text; the host never parses it. */
  ctx = "{}";
  ctxState: CtxState;
  /** A call of its has come out. */
  hasRun = false;
  /** A call of its had no turn in time. */
  wasBusy = false;
  options: SessionOptions = NO_OPTIONS;
  /** What hooks have said of its bodies; null: nothing, so that the script's own modes count. */
  bodies: BodyModes | null = null;
  /** The response was asked for as the client wants it: its body passes the hooks by. */
  askedAsIs = false;
  /** Of its tenant's limits, by the hooks that have run; null: nothing that is worth a record. */
  used: Used | null = null;
  /** 1 for the first try. */
  attempt = 1;
  canRetry = false;
  upstreamRequest: RequestParts | null = null;
  response: ResponseParts | null = null;
  upstream: ConnectionFacts | null = null;
  isReused = false;
  error: SluiceError | null = null;
  /** The first hook that failed, also if the exchange went on without it. */
  scriptFailure: ScriptFailure | null = null;
  /** Address of the peer that the error came from. */
  peer = "";
  /** Name of the group it was sent to, or the peer as the script wrote it. Empty: to none. */
  destination = "";
  /** As the upstream gave it, whatever hooks made of it; 0: none. */
  upstreamStatus = 0;
  /** Of the access line, by the script; null: none. */
  logFields: ReadonlyMap<string, LogValue> | null = null;
  /** Moments that hooks have marked; null: none. */
  marks: Marks | null = null;
  /** Reads the whole request body for a hook; `serve.ts` sets it where there is one. */
  readBody: (done: (error: string | null, body: Buffer) => void) => void = noBody;
  #background: Background | null = null;
  /** Null: no hook has fetched anything. */
  fetches: Fetcher | null = null;
  readonly #transport: Transport;
  readonly #reach: FetchReach;
  /** Null: no trailers can come, so nobody asks. */
  readonly editedNames: EditedNames | null;
  bytesReceived = 0;
  bytesSent = 0;

  constructor(begin: ExchangeBegin) {
    this.id = begin.id;
    this.startMs = begin.startMs;
    this.client = begin.client;
    this.states = begin.states;
    this.minor = begin.minor;
    this.host = begin.host;
    this.authority = begin.authority;
    this.tenant = begin.tenant;
    this.meter = begin.meter;
    this.deployment = begin.deployment;
    this.#transport = begin.transport;
    this.#reach = begin.reach;
    const isMade = ((begin.deployment?.hooks ?? 0) & NEW_CTX) === 0;
    this.ctxState = isMade ? "made" : "due";
    this.method = begin.method;
    this.target = begin.target;
    this.headers = begin.headers;
    this.editedNames = begin.mayHaveTrailers ? { request: new Set(), response: new Set() } : null;
  }

  /** Of its hooks: made when one has something that goes on. */
  get background(): Background {
    this.#background ??= new Background();
    return this.#background;
  }

  /** Something of it goes on behind a hook's result, or did. */
  get hasBackground(): boolean {
    return this.#background !== null;
  }

  /** For its hooks: made when one asks. */
  fetcher(): Fetcher {
    if (this.fetches !== null) return this.fetches;
    const via = fieldOf(this.headers, "via") ?? "";
    const trace = { via, cdnLoop: fieldOf(this.headers, "cdn-loop") };
    const fetcher = new Fetcher({ transport: this.#transport, reach: this.#reach, trace });
    this.fetches = fetcher;
    return fetcher;
  }
}

export interface ExchangeBegin extends Readonly<RequestParts> {
  readonly id: string;
  readonly startMs: number;
  readonly client: ExchangeClient;
  /** Of the client's connection; null: that is not the client's alone. */
  readonly states: ClientStates | null;
  readonly minor: 0 | 1;
  readonly host: string;
  readonly authority: string;
  readonly tenant: string;
  readonly meter: TenantMeter | null;
  readonly deployment: Deployment | null;
  /** What its hooks fetch by, … */
  readonly transport: Transport;
  /** … and what they may reach. */
  readonly reach: FetchReach;
  /** In either direction. */
  readonly mayHaveTrailers: boolean;
}

/** Whether the exchange's script exports one of these hooks. */
export const hasHooks = (exchange: Exchange, chain: number): boolean =>
  exchange.deployment !== null && (exchange.deployment.hooks & chain) !== 0;

function noBody(done: (error: string | null, body: Buffer) => void): void {
  done(null, Buffer.alloc(0));
}

const NO_OPTIONS: SessionOptions = Object.freeze({});
