// Several parts as one script, each made by `definePhases`, each with a ctx of its own. Requests go
// through them in order, responses and errors in reverse; all parts' hooks of a phase are one hook
// to the host, so that they cross together.

import { ANSWERS, BODIES, HOOKS, hookIndex, INWARDS, RETRIES } from "../../src/wire/phases.ts";
import type { BodyMode, Phases } from "../types.ts";
import { current } from "./current.ts";
import { newPromise, whenSettled } from "./promises.ts";
import { passOn } from "./result.ts";
import { boundHooks, isMade, markPhases, otherNames, wrongHook } from "./script.ts";

type Hook = (session: unknown, ctx: unknown) => unknown;

/** A hook of one part. */
interface Step {
  /** Which part's ctx it has. */
  readonly part: number;
  readonly run: Hook;
}

interface Run {
  readonly hook: number;
  readonly steps: readonly Step[];
  readonly session: unknown;
  readonly ctxs: { [part: number]: unknown };
}

/** A part, as far as it says how bodies come. */
type Bodied = Pick<Phases<unknown>, "bodies">;

const NEW_CTX = hookIndex("newCtx");
/** The first part that returns something decides. */
const DECIDES = ANSWERS | RETRIES;

export function composed<C>(parts: readonly Bodied[]): Phases<C> {
  if (parts.length === 0) throw new TypeError("compose: expected at least one part");
  const whole: Record<string, unknown> = {};
  const hooks: (readonly (Hook | undefined)[])[] = [];
  for (let part = 0; part < parts.length; part++) {
    const phases: unknown = parts[part];
    if (!isMade(phases)) {
      throw new TypeError(`compose: expected parts made by definePhases, got another at ${part}`);
    }
    const wrong = wrongHook(phases);
    if (wrong !== "") throw new TypeError(wrong);
    hooks[part] = boundHooks(phases);
    // told of by the host, as those of a script that has no parts
    const others = otherNames(phases);
    for (let i = 0; i < others.length; i++) whole[others[i] as string] = true;
  }
  for (let hook = 0; hook < HOOKS.length; hook++) {
    const steps = stepsOf(hook, hooks);
    if (hook !== NEW_CTX && steps.length === 0) continue;
    const name = HOOKS[hook] as string;
    whole[name] =
      hook === NEW_CTX
        ? () => makeCtxs(steps, parts.length)
        : (session: unknown, ctx: unknown) =>
            runFrom({ hook, steps, session, ctxs: ctx as Run["ctxs"] }, 0);
  }
  whole.bodies = { request: modeOf(parts, "request"), response: modeOf(parts, "response") };
  return markPhases(whole as Phases<C>);
}

/** In the order in which they run. */
function stepsOf(hook: number, hooks: readonly (readonly (Hook | undefined)[])[]): Step[] {
  const steps: Step[] = [];
  const isInwards = ((INWARDS >> hook) & 1) === 1;
  for (let at = 0; at < hooks.length; at++) {
    const part = isInwards ? at : hooks.length - 1 - at;
    const run = hooks[part]?.[hook];
    if (run !== undefined) steps[steps.length] = { part, run };
  }
  return steps;
}

function makeCtxs(steps: readonly Step[], count: number): unknown {
  const ctxs: unknown[] = [];
  for (let part = 0; part < count; part++) ctxs[part] = {};
  const made = runFrom({ hook: NEW_CTX, steps, session: undefined, ctxs }, 0);
  return isThenable(made) ? then(made, () => ctxs) : ctxs;
}

/** Runs the steps from there on, until one decides. */
function runFrom(run: Run, first: number): unknown {
  for (let at = first; at < run.steps.length; at++) {
    const { part, run: hook } = run.steps[at] as Step;
    run.ctxs[part] ??= {};
    const result = hook(run.session, run.ctxs[part]);
    if (isThenable(result)) {
      return then(result, (value) => (ends(run, at, value) ? value : runFrom(run, at + 1)));
    }
    if (ends(run, at, result)) return result;
  }
  return undefined;
}

/** Takes what a step returned. True: it is the result of the whole. */
function ends({ hook, steps, ctxs }: Run, at: number, result: unknown): boolean {
  if (result === undefined) return false;
  if (hook === NEW_CTX) ctxs[(steps[at] as Step).part] = result;
  if ((DECIDES >> hook) & 1) return true;
  if (((BODIES >> hook) & 1) === 0) return false;
  if (at === steps.length - 1) return true;
  const call = current();
  if (call !== null) passOn(call, result);
  return false;
}

/** `promise.then(next)`, which goes on in a slice of the call that awaits it. */
function then(promise: PromiseLike<unknown>, next: (value: unknown) => unknown): unknown {
  const call = current();
  if (call === null) return promise;
  return newPromise((resolve, reject) => {
    const goOn = (value: unknown): void => {
      if (!call.isLive) return;
      try {
        resolve(next(value));
      } catch (thrown) {
        reject(thrown);
      }
    };
    whenSettled(call, promise, { onValue: goOn, onError: reject });
  });
}

/** Kept whole if a part wants that; a body that is too large for any part is too large. */
function modeOf(parts: readonly Bodied[], side: "request" | "response"): BodyMode {
  let least: BodyMode = "stream";
  for (let part = 0; part < parts.length; part++) {
    const mode = parts[part]?.bodies?.[side];
    if (mode === undefined || mode === "stream") continue;
    if (least === "stream" || mode.bufferBytes < least.bufferBytes) least = mode;
  }
  return least;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}
