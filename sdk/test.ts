// The module `sluice/test`, as a test sees it: sessions in, decisions and edits out, through the
// real runtime and without a network. Types alone; src/cli/harness implements them.

import type { Json } from "./types.ts";

/** `stable: {}` is a group of one made-up peer. */
export interface TestGroup {
  readonly peers?: readonly string[];
}

export interface LoadOptions {
  /**
   * The operator's script, around the one that is tested. Default: of a configuration, its own
   * `operator`; null: none.
   */
  readonly operator?: ScriptPlace | null;
  /** Of a configuration: whose script it is. Needed if it has several tenants. */
  readonly tenant?: string;
  /** Of a script: what it sees as `env`. Added to the configuration's. */
  readonly env?: Readonly<Record<string, string>>;
  /** What `flag` gives. */
  readonly flags?: Readonly<Record<string, Json>>;
  /** What `secret` gives. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of a script: the groups it may name, the first the default; left out: any name is one. */
  readonly upstreams?: Readonly<Record<string, TestGroup>>;
  /** Of a script; default: fail-closed. */
  readonly onScriptError?: "fail-closed" | "fail-open";
  /** Of a script; default: 1. */
  readonly maxRetries?: number;
  /** Of a script: as `limits` of a tenant in the configuration. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** A script, or the configuration that names one; relative to the working directory, or a URL. */
export type ScriptPlace = string | { readonly href: string };

export type HeadersGiven =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [string, string]>;

/** Text, bytes, or a list of them that travel as chunks of their own. */
export type BodyGiven = string | Uint8Array | readonly (string | Uint8Array)[];

export interface TestRequest {
  /** Default: GET, or POST with a body. */
  readonly method?: string;
  /**
   * `/path?query`, or with scheme and host. Default: `/`. Without a scheme it comes by https if its
   * tenant has `https.redirect`, which would send it there, and else by http.
   */
  readonly url?: string;
  readonly headers?: HeadersGiven;
  readonly body?: BodyGiven;
  readonly httpVersion?: "1.0" | "1.1";
}

/** Nothing was sent to the upstream. */
export type ConnectFailure =
  | "connect_refused"
  | "connect_timeout"
  | "connect_failed"
  | "tls_failed";

/** After the request was sent. */
export type UpstreamFailure =
  | "upstream_closed"
  | "upstream_protocol"
  | "upstream_timeout"
  | "upstream_aborted";

export interface Failing {
  readonly fail: UpstreamFailure;
}

export interface UpstreamAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: HeadersGiven;
  /** A list travels in chunks; one that ends with `fail(…)` breaks off there. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array | Failing)[];
}

/** One try to reach an upstream. */
export interface Target {
  /** Name of the upstream group; null: the script chose the peer itself. */
  readonly group: string | null;
  /** Its address, `host:port`. */
  readonly peer: string;
  /** From 1, for each connection that is asked for: also for a new one in place of a reused one. */
  readonly attempt: number;
}

/** The request as it was sent to an upstream. */
export interface SentRequest extends Target {
  readonly method: string;
  readonly target: string;
  readonly headers: TestHeaders;
  readonly body: string;
  readonly bytes: Uint8Array;
}

type Given<In, Out> = Out | ((about: In) => Out);
type Awaitable<T> = T | Promise<T>;

export interface RunOptions {
  /** What the upstream answers. Default: 200 without a body. */
  readonly upstream?: Given<SentRequest, Awaitable<UpstreamAnswer | Failing>>;
  /** How the connection fails; undefined: it is made. */
  readonly connect?: Given<Target, ConnectFailure | undefined>;
  /** Whether the connection has served a request before. Default: false. */
  readonly reused?: Given<Target, boolean>;
  /** Who sends the request. Default: 127.0.0.1, port 40000. */
  readonly client?: { readonly address?: string; readonly port?: number };
}

export interface TestHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
  getSetCookie(): string[];
  keys(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: TestHeaders;
  /** As UTF-8. */
  readonly body: string;
  readonly bytes: Uint8Array;
  /** False: it was broken off. */
  readonly complete: boolean;
}

export interface TestError {
  /** One of the codes of docs/errors.md. */
  readonly code: string;
  /** As the log has it; the client does not get it. */
  readonly message: string;
}

export interface HookRun {
  readonly hook: string;
  /** After the hook. */
  readonly ctx: Readonly<Record<string, unknown>>;
  readonly error: TestError | null;
  /** It is a hook of the operator's script, around the one that is tested. */
  readonly operator?: true;
}

export interface TestLine {
  readonly level: string;
  readonly hook: string;
  readonly message: string;
  /** Of the operator's script. */
  readonly operator?: true;
}

export interface Attempt extends Target {
  readonly reused: boolean;
  /** Why it failed; null: it did not. */
  readonly failure: ConnectFailure | UpstreamFailure | null;
  /** Null: it was not sent. */
  readonly request: SentRequest | null;
}

export interface RunResult {
  readonly id: string;
  /** What the client gets; null: a closed connection. */
  readonly response: TestResponse | null;
  /** What ended the exchange; null: nothing did. */
  readonly error: TestError | null;
  /** Of the last attempt: the group, the peer, and the request as sent. Null: no attempt. */
  readonly group: string | null;
  readonly peer: string | null;
  readonly upstreamRequest: SentRequest | null;
  readonly attempts: readonly Attempt[];
  /** Each hook that ran, in order, with ctx after it. */
  readonly hooks: readonly HookRun[];
  /** After the last hook of the script that is tested. */
  readonly ctx: Readonly<Record<string, unknown>>;
  /** What the script wrote with `log` and `console`, and what Sluice logged of its failures. */
  readonly log: readonly TestLine[];
}

export interface TestApp {
  /** One request from start to end. Rejects if `upstream` or another of the options throws. */
  run(request?: TestRequest, options?: RunOptions): Promise<RunResult>;
  /** All counters of the script that is tested, as they are now. */
  counters(): Readonly<Record<string, number>>;
  /** Flips a flag, as an operator does while the script runs; undefined deletes it. */
  setFlag(name: string, value: Json | undefined): void;
  /** What the script logged outside of any request. */
  readonly log: readonly TestLine[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Bundles the script and starts it. Rejects with places and reasons if that cannot be done. */
export declare const load: (script: ScriptPlace, options?: LoadOptions) => Promise<TestApp>;

/** For `upstream`: the exchange fails there with this code. */
export declare const fail: (code: UpstreamFailure) => Failing;
