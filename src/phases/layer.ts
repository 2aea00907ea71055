// A script around a request, and what is its alone. An exchange is itself its innermost layer, the
// tenant's, so that one without others costs nothing more; an operator's stands around that.
//
//     client ──▶ operator's ──▶ tenant's ──▶ upstream         requests go from outside in,
//     client ◀── operator's ◀── tenant's ◀── upstream         responses from inside out

import { Fetcher, type FetchReach } from "../fetch/fetcher.ts";
import type { FetchNotes } from "../fetch/hop-timing.ts";
import type { AnswerSource } from "../sandbox/answer-source.ts";
import type { Used } from "../sandbox/call.ts";
import type { Transport } from "../upstream/transport.ts";
import { fieldOf } from "../wire/headers.ts";
import type { BodyModes, Deployment } from "./deployment.ts";
import type { LogValue } from "./log-fields.ts";
import type { Marks } from "./marks.ts";
import { NEW_CTX } from "./table.ts";
import type { ScriptFailure } from "./tally.ts";

/** What a script may set in earlyRequestFilter; undefined: as configured. */
export interface SessionOptions {
  responseTimeoutMs?: number;
  bodyIdleMs?: number;
  requestBodyBytesMax?: number;
  maxRetries?: number;
}

/**
 * `outside`: the request has not come so far, so that no hook may run. `due`: newCtx has yet to
 * run, or was lost with what it did, and comes before the next hook. `failed`: there is none, so
 * that no hook can run any more.
 */
export type CtxState = "outside" | "due" | "made" | "failed";

/** What scripts of an owner may reach. */
export interface ScriptReach extends FetchReach {
  /** Of a request's body that a hook reads. */
  readonly bufferedBodyBytes: number;
}

export interface LayerBegin {
  /** Null: it has no script. */
  readonly deployment: Deployment | null;
  /** The layer around it; null: it is the outermost. */
  readonly outer: OuterLayer | null;
  /** What its hooks fetch by, … */
  readonly transport: Transport;
  /** … and what they may reach. */
  readonly reach: ScriptReach;
}

export class Layer {
  readonly deployment: Deployment | null;
  readonly outer: OuterLayer | null;
  readonly reach: ScriptReach;
  readonly #transport: Transport;
  /** JSON text; the host never parses it. */
  ctx = "{}";
  ctxState: CtxState;
  /** By which its isolate knows the calls of this request; 0: none has been written. */
  number = 0;
  /** A call of its has come out. */
  hasRun = false;
  /** A call of its had no turn in time. */
  wasBusy = false;
  options: SessionOptions = NO_OPTIONS;
  /** What hooks have said of the bodies; null: nothing, so that the script's own modes count. */
  bodies: BodyModes | null = null;
  /** Of its tenant's limits, by the hooks that have run; null: nothing that is worth a record. */
  used: Used | null = null;
  /** The first hook that failed, also if the exchange went on without it. */
  scriptFailure: ScriptFailure | null = null;
  /** Of the access line, by the script; null: none. */
  logFields: ReadonlyMap<string, LogValue> | null = null;
  /** Moments that hooks have marked; null: none. */
  marks: Marks | null = null;
  /** Null: no hook has fetched anything. */
  fetches: Fetcher | null = null;
  #sources: AnswerSource[] | null = null;

  constructor({ deployment, outer, transport, reach }: LayerBegin) {
    this.deployment = deployment;
    this.outer = outer;
    this.reach = reach;
    this.#transport = transport;
    this.ctxState = outer === null ? firstState(deployment) : "outside";
  }

  /** The request has come so far. */
  enter(): void {
    if (this.ctxState === "outside") this.ctxState = firstState(this.deployment);
  }

  /** Whether its script has one of these hooks, and the request has come so far. */
  hasHooks(chain: number): boolean {
    if (this.deployment === null || this.ctxState === "outside") return false;
    return (this.deployment.hooks & chain) !== 0;
  }

  /** The body of an answer of its, on its way from elsewhere to the client. */
  hold(source: AnswerSource): void {
    this.#sources ??= [];
    this.#sources.push(source);
  }

  /** The exchange is over: what was handed on to it, and nobody took, goes. Of all around too. */
  closeSources(): void {
    if (this.#sources !== null) for (const source of this.#sources) source.close();
    this.#sources = null;
    this.outer?.closeSources();
  }

  /** For its hooks: made when one asks. @param headers  of the request */
  fetcher(headers: string, notes: FetchNotes | null): Fetcher {
    if (this.fetches !== null) return this.fetches;
    const via = fieldOf(headers, "via") ?? "";
    const trace = { via, cdnLoop: fieldOf(headers, "cdn-loop") };
    const begin = { transport: this.#transport, reach: this.reach, trace, notes };
    const fetcher = new Fetcher(begin);
    this.fetches = fetcher;
    return fetcher;
  }
}

export interface OuterLayerBegin extends LayerBegin {
  readonly deployment: Deployment;
  readonly held: Held;
}

/** What it is of, which is kept for as long as anybody uses it. */
export interface Held {
  leave(): void;
}

/** Around a tenant's. */
export class OuterLayer extends Layer {
  declare readonly deployment: Deployment;
  readonly #held: Held;
  /** What upstreamPeer sees of what is chosen further inside: JSON; empty: nothing. */
  choice = "";
  /** The client got a Response of its. */
  hasAnswered = false;

  constructor(begin: OuterLayerBegin) {
    super(begin);
    this.#held = begin.held;
  }

  /** The exchange is over, with all that goes on behind it. Of all around too. */
  leave(): void {
    this.#held.leave();
    this.outer?.leave();
  }
}

const firstState = (deployment: Deployment | null): CtxState =>
  ((deployment?.hooks ?? 0) & NEW_CTX) === 0 ? "made" : "due";

const NO_OPTIONS: SessionOptions = Object.freeze({});

/** Whether this layer or one around it has one of these hooks. */
export function hasHooks(innermost: Layer, chain: number): boolean {
  if (innermost.hasHooks(chain)) return true;
  return innermost.outer !== null && hasHooks(innermost.outer, chain);
}

/** From this layer to the outermost: the way of a response. */
export function outwards(innermost: Layer): Layer[] {
  const layers: Layer[] = [];
  for (let layer: Layer | null = innermost; layer !== null; layer = layer.outer) layers.push(layer);
  return layers;
}

/** The least that any layer has set: what an outer one allows, no inner one exceeds. */
export function optionOf(
  { options, outer }: Layer,
  name: keyof SessionOptions,
): number | undefined {
  const own = options[name];
  const around = outer === null ? undefined : optionOf(outer, name);
  if (own === undefined || around === undefined) return own ?? around;
  return Math.min(own, around);
}
