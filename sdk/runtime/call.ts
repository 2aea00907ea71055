// One call: the hooks of one exchange that run without host work between them, in order, on one
// session and one ctx. Hooks may be async: the call then goes on in the microtasks that follow.

import { CONTROL } from "../../src/wire/control.ts";
import { HOOKS } from "../../src/wire/phases.ts";
import { OUT, OUTCOME } from "../../src/wire/records.ts";
import { withdrawAll } from "./asks.ts";
import { CtxError, ctxText, parseCtx } from "./ctx.ts";
import { type Call, enter } from "./current.ts";
import { describeText, describeThrown } from "./failure.ts";
import { out, windows } from "./port.ts";
import { BodyTooLargeError } from "./request-body.ts";
import { accept, ResultError, writeBody } from "./result.ts";
import { hookAt } from "./script.ts";

const live = new Map<number, Call>();
const mapGet = Map.prototype.get;
const mapSet = Map.prototype.set;
const mapDelete = Map.prototype.delete;
const apply = Reflect.apply;

/** After every hook ctx is checked, so that an error names the hook, while this many calls last. */
const CAREFUL_CALLS = 64;
let careful = CAREFUL_CALLS;

/** Starts a call. True: it awaits something, and its microtasks must run before the next call. */
export function start(call: Call): boolean {
  enter(call);
  try {
    if (call.mask !== 1) call.ctx = parseCtx(call.ctxBefore);
  } catch (thrown) {
    return fail(call, thrown);
  }
  return runFrom(call, 0);
}

/** The host no longer wants the result. */
export function cancel(callId: number): void {
  const call: Call | undefined = apply(mapGet, live, [callId]);
  if (call !== undefined) retire(call);
}

function runFrom(call: Call, first: number): boolean {
  for (let hook = first; hook < HOOKS.length; hook++) {
    if (((call.mask >> hook) & 1) === 0) continue;
    call.hook = hook;
    windows.control[CONTROL.HOOK] = hook;
    try {
      const result = hookAt(hook)(call.session, call.ctx);
      if (isThenable(result)) {
        if (call.isLive) apply(mapSet, live, [call.id, call]);
        void goOn(call, hook, result);
        return true;
      }
      if (settleHook(call, hook, result)) return false;
    } catch (thrown) {
      return fail(call, thrown);
    }
  }
  return finish(call);
}

async function goOn(call: Call, hook: number, promise: PromiseLike<unknown>): Promise<void> {
  try {
    const result = await promise;
    if (!call.isLive) return;
    if (settleHook(call, hook, result)) return;
  } catch (thrown) {
    if (call.isLive) fail(call, thrown);
    return;
  }
  runFrom(call, hook + 1);
}

/** Takes what a hook returned. True: the chain ends here. */
function settleHook(call: Call, hook: number, result: unknown): boolean {
  const ends = accept(call, hook, result);
  if (ends) return !finish(call);
  if (careful > 0) ctxText(call.ctx);
  return false;
}

function finish(call: Call): false {
  let text: string;
  try {
    text = ctxText(call.ctx);
  } catch (thrown) {
    return fail(call, thrown);
  }
  if (careful > 0) careful--;
  writeBody(call);
  done(call, OUTCOME.ok, text);
  return false;
}

function fail(call: Call, thrown: unknown): false {
  careful = CAREFUL_CALLS;
  const isCtx = thrown instanceof CtxError;
  const isOurs = isCtx || thrown instanceof ResultError;
  const name = HOOKS[call.hook] ?? "";
  const text = isOurs ? describeText(`${name}: ${thrown.message}`) : describeThrown(thrown);
  const code = isCtx ? 2 : isOurs ? 1 : thrown instanceof BodyTooLargeError ? 3 : 0;
  out.record(OUT.FAIL, call.id, code, text.length);
  out.text += text;
  done(call, OUTCOME.failed, isCtx ? call.ctxBefore : safeCtx(call));
  return false;
}

function safeCtx(call: Call): string {
  try {
    return call.ctx === undefined ? call.ctxBefore : ctxText(call.ctx);
  } catch {
    return call.ctxBefore;
  }
}

function done(call: Call, outcome: number, ctx: string): void {
  out.record(OUT.DONE, call.id, outcome, call.hook, ctx.length);
  out.text += ctx;
  retire(call);
}

function retire(call: Call): void {
  call.isLive = false;
  apply(mapDelete, live, [call.id]);
  if (call.asks.length > 0) withdrawAll(call);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}
