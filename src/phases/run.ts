// Runs one chain of hooks for an exchange and tells what came of it. A failing hook is treated
// here: fail-closed ends the exchange with its error, fail-open goes on with the hook after it.

import { SluiceError } from "../base/errors.ts";
import type { CallResult, Failure, SubmittedCall } from "../sandbox/call.ts";
import { hookIndex } from "../wire/phases.ts";
import { applyEffects } from "./apply.ts";
import type { Exchange } from "./exchange.ts";
import type { Layer } from "./layer.ts";
import { NOTHING, type Outcome } from "./outcome.ts";
import { type BodyChunk, type CallOwner, PhaseCall, type PhaseInput } from "./phase-call.ts";
import { reportFailure } from "./report.ts";
import { NEW_CTX } from "./table.ts";

const NEW_CTX_INDEX = hookIndex("newCtx");

export type PhasesDone = (outcome: Outcome) => void;

/** A chain under way. */
export interface Running {
  /** The exchange is gone: `done` is not called. */
  cancel(): void;
}

export interface RunInput {
  /** Whose hooks they are. */
  readonly layer: Layer;
  readonly chain: number;
  /** For a chain of body hooks. */
  readonly chunk: BodyChunk | null;
}

/**
 * Runs those hooks of the chain that the script exports. `done` is called at once if there are
 * none. Null: nothing is under way any more.
 */
export function runPhases(exchange: Exchange, input: RunInput, done: PhasesDone): Running | null {
  const { layer, chunk } = input;
  const { deployment } = layer;
  const mask = deployment === null ? 0 : hooksDue(layer, input.chain & deployment.hooks);
  if (deployment === null || mask === 0) {
    done(NOTHING);
    return null;
  }
  return new PhaseRun({ exchange, layer, deployment, chain: input.chain, chunk }, done).start(
    mask,
    NOTHING,
  );
}

/** With newCtx before them, if no ctx has come out yet; none, if there will be none. */
function hooksDue({ ctxState }: Layer, mask: number): number {
  if (mask === 0 || ctxState === "made") return mask;
  return ctxState === "due" ? mask | NEW_CTX : 0;
}

class PhaseRun implements Running, CallOwner {
  readonly #input: PhaseInput;
  readonly #done: PhasesDone;
  #outcome: Outcome = NOTHING;
  /** The call under way, or the last. */
  #submitted: SubmittedCall | null = null;
  /** Hooks that have their turn after the call under way: none, unless the deployment is traced. */
  #left = 0;

  constructor(input: PhaseInput, done: PhasesDone) {
    this.#input = input;
    this.#done = done;
  }

  start(mask: number, outcome: Outcome): this {
    this.#outcome = outcome;
    const { lane, trace } = this.#input.deployment;
    // a chunk passes from hook to hook inside the isolate: those hooks cannot be parted
    const now = trace === undefined || this.#input.chunk !== null ? mask : mask & -mask;
    this.#left = mask & ~now;
    this.#submitted = lane.submit(new PhaseCall(this.#input, now, this));
    return this;
  }

  cancel(): void {
    this.#takeCtx(this.#submitted?.cancel() ?? "");
  }

  settled(call: PhaseCall, result: CallResult): void {
    const { exchange, layer, deployment, chain } = this.#input;
    const { endMs } = result;
    deployment.observe(call.mask, endMs - call.startMs);
    if (exchange.timings !== null) {
      const cpuMs = (result.effects?.used?.cpuMs ?? 0) - (layer.used?.cpuMs ?? 0);
      exchange.timings.called(call, endMs, { cpuMs, isOuter: layer !== exchange });
    }
    const failure = this.#apply(result);
    if (layer === exchange && exchange.callNotes !== null) {
      exchange.callNotes.after(chain, result.effects?.notes ?? null);
    }
    layer.hasRun ||= failure?.code !== "script_busy";
    deployment.trace?.(exchange.id, call.mask, result);
    if (failure === null) {
      if (this.#left !== 0 && this.#outcome.answer === null) this.start(this.#left, this.#outcome);
      else this.#done(this.#outcome);
      return;
    }
    const isBusy = failure.code === "script_busy";
    const error = reportFailure(exchange, layer, { failure, hook: result.hook });
    // bytes that a body hook has not seen must not pass, whatever the policy
    const isOpen = deployment.failOpen && this.#input.chunk === null;
    // what has no time for the request has none for its logging
    if (isBusy && !isOpen) layer.ctxState = "failed";
    if (result.hook === NEW_CTX_INDEX) layer.ctxState = isOpen ? "made" : "failed";
    const rest = hooksAfter(call.mask | this.#left, result);
    if (!isOpen) this.#done({ ...this.#outcome, error });
    else if (rest === 0) this.#done(this.#outcome);
    else this.start(rest, this.#outcome);
  }

  #takeCtx(ctx: string): void {
    if (ctx === "") return;
    this.#input.layer.ctx = ctx;
    this.#input.layer.ctxState = "made";
  }

  /** Takes over what the hooks did, also what they did before one failed. */
  #apply(result: CallResult): Failure | null {
    this.#takeCtx(result.ctx);
    const effects = result.effects;
    if (effects === null) return result.failure;
    const { exchange, layer } = this.#input;
    if (effects.answer?.source !== undefined) layer.hold(effects.answer.source);
    if (effects.used !== null) layer.used = effects.used;
    try {
      applyEffects(exchange, layer, effects);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      return result.failure ?? { code: thrown.code, message: thrown.message, stack: "" };
    }
    const { answer, choice, decision } = effects;
    const body = effects.bodyAction === 0 ? null : (effects.body ?? EMPTY);
    if (answer !== null || choice !== null || decision !== 0 || body !== null) {
      const { answer: answered, choice: chosen } = this.#outcome;
      this.#outcome = {
        answer: answer ?? answered,
        by: (answer ?? answered) === null ? null : layer,
        choice: choice ?? chosen,
        decision,
        body,
        error: null,
      };
    }
    return result.failure;
  }
}

/** What is left to run after a hook failed; all but it, if nothing of the others came out. */
function hooksAfter(mask: number, { hook, ctx }: CallResult): number {
  if (hook < 0) return 0;
  return ctx === "" ? mask & ~(1 << hook) : mask & ~((2 << hook) - 1);
}

const EMPTY = Buffer.alloc(0);
