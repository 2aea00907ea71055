// One call: the hooks of one exchange that run without host work between them, in order, on one
// session and one ctx. Hooks may be async: the call then goes on in slices of its own.

import { CONTROL } from "../../src/wire/control.ts";
import { IdTable } from "../../src/wire/id-table.ts";
import { HOOKS, hookBit } from "../../src/wire/phases.ts";
import { FAIL_CODES, OUT, OUTCOME } from "../../src/wire/records.ts";
import { isHostAsked, lookAtCalls, withdrawAll } from "./asks.ts";
import { CtxError, checkCtx, ctxText, parseCtx } from "./ctx.ts";
import { type Call, charge, enter, isSpent } from "./current.ts";
import { describeText, describeThrown } from "./failure.ts";
import { noteLate, takeLate } from "./late-time.ts";
import { LEVEL, writeLineOf } from "./log.ts";
import { Recording } from "./notes.ts";
import { limits, out, windows } from "./port.ts";
import { whenSettled } from "./promises.ts";
import { BodyTooLargeError } from "./request-body.ts";
import { accept, ResultError, writeBody } from "./result.ts";
import { hookAt } from "./script.ts";

/** Those that await something. */
const live = new IdTable<Call>();
lookAtCalls(live);

const NEW_CTX = hookBit("newCtx");
/** Place of script_timeout in FAIL_CODES. */
const SPENT = FAIL_CODES.indexOf("script_timeout");
const TAMPERED = describeText(
  "the script has replaced a builtin that the runtime cannot do without",
);

/** Starts a call. True: it awaits something, and its microtasks must run before the next call. */
export function start(call: Call, nowMs: number): boolean {
  enter(call, nowMs);
  takeLate(call);
  try {
    if ((call.mask & NEW_CTX) === 0) call.ctx = parseCtx(call.ctxBefore);
    return runFrom(call, 0);
  } catch {
    return giveUp(call);
  }
}

/** The host no longer wants the result. */
export function cancel(callId: number): void {
  const call = live.get(callId);
  if (call === null) return;
  // with its result, its time would have come out
  if (call.idle === null) noteLate(call.request, call.cpuMs - call.cpuMsBefore);
  retire(call);
}

function runFrom(call: Call, first: number): boolean {
  for (let hook = first; hook < HOOKS.length; hook++) {
    if (((call.mask >> hook) & 1) === 0) continue;
    call.hook = hook;
    if (isSpent(call)) return overspent(call);
    windows.control[CONTROL.HOOK] = hook;
    try {
      const result = hookAt(hook)(call.session, call.ctx);
      if (isThenable(result)) {
        if (!call.isLive) return true;
        live.set(call);
        call.isKept = true;
        awaitHook(call, hook, result);
        return true;
      }
      if (settleHook(call, hook, result)) return false;
    } catch (thrown) {
      return fail(call, thrown);
    }
  }
  return finish(call);
}

/**
 * A slice is over: what the host needs to know if the hook that awaits never goes on. Returns
 * whether the script's own code may have run, by a getter in ctx.
 */
export function noteCtx(call: Call): boolean {
  if (!call.isLive || !call.isKept || call.idle !== null) return false;
  const ctx = safeCtx(call, call.ctxOut);
  if (ctx === call.ctxOut) return true;
  call.ctxOut = ctx;
  out.write(ctx, OUT.DONE, call.id, OUTCOME.waits, call.hook, ctx.length);
  return true;
}

/**
 * Nothing is ready, and nobody is to start. Those that await something wait for nothing, as far as
 * can be known, unless the host is to answer one of them.
 */
export function tellWhoWaits(): void {
  if (live.size === 0 || isHostAsked()) return;
  live.forEach(tellOf);
}

/** Once: its author waits for the end of `hookWallMs` else. */
function tellOf(call: Call): void {
  if (call.isToldOf) return;
  call.isToldOf = true;
  const name = HOOKS[call.hook] ?? "";
  const nobody = "no timer, no body and no other hook that runs settles";
  const text = `${name} awaits a promise that ${nobody}`;
  const end = "it ends after limits.hookWallMs, unless a request to come settles it";
  writeLineOf(call, LEVEL.warn, `${text}: ${end}`);
}

function awaitHook(call: Call, hook: number, promise: PromiseLike<unknown>): void {
  const goesOn = (hasThrown: boolean) => (result: unknown) => {
    if (call.isLive) resume(call, hook, { result, hasThrown });
  };
  whenSettled(call, promise, { onValue: goesOn(false), onError: goesOn(true) });
}

function resume(call: Call, hook: number, settled: { result: unknown; hasThrown: boolean }): void {
  try {
    if (settled.hasThrown) fail(call, settled.result);
    else if (!settledEnds(call, hook, settled.result)) runFrom(call, hook + 1);
  } catch {
    giveUp(call);
  }
}

function settledEnds(call: Call, hook: number, result: unknown): boolean {
  try {
    return settleHook(call, hook, result);
  } catch (thrown) {
    fail(call, thrown);
    return true;
  }
}

/** Takes what a hook returned. True: the chain ends here. */
function settleHook(call: Call, hook: number, result: unknown): boolean {
  const ends = accept(call, hook, result);
  if (ends) return !finish(call);
  // after each hook, so that an error names it; the last one's ctx is checked as it is written
  if (call.mask >> (hook + 1) !== 0) checkCtx(call.ctx);
  return false;
}

function finish(call: Call): false {
  let text: string;
  try {
    text = ctxText(call.ctx);
  } catch (thrown) {
    return fail(call, thrown);
  }
  writeBody(call);
  done(call, OUTCOME.ok, text);
  return false;
}

/** Its request has had all the time that it may have: an end that the script cannot catch. */
export function overspent(call: Call): false {
  const most = `${limits.requestCpuMs} (limits.requestCpuMs)`;
  const text = describeText(`the request has had ${call.cpuMs} ms of at most ${most}`);
  out.write(text, OUT.FAIL, call.id, SPENT, text.length);
  done(call, OUTCOME.failed, safeCtx(call));
  return false;
}

function fail(call: Call, thrown: unknown): false {
  const isCtx = CtxError.is(thrown);
  const isOurs = isCtx || ResultError.is(thrown);
  const name = HOOKS[call.hook] ?? "";
  const text = isOurs ? describeText(`${name}: ${thrown.message}`) : describeThrown(thrown);
  const code = isCtx ? 2 : isOurs ? 1 : BodyTooLargeError.is(thrown) ? 3 : 0;
  out.write(text, OUT.FAIL, call.id, code, text.length);
  done(call, OUTCOME.failed, safeCtx(call));
  return false;
}

/** The runtime itself failed: builtins that it needs were tampered with. */
function giveUp(call: Call): false {
  if (!call.isLive) return false;
  out.write(TAMPERED, OUT.FAIL, call.id, 0, TAMPERED.length);
  done(call, OUTCOME.failed, ctxBefore(call));
  return false;
}

/** ctx as it is if that is JSON, else as it was; empty if newCtx has not made it. */
function safeCtx(call: Call, known: string | null = null): string {
  try {
    return call.ctx === undefined ? ctxBefore(call) : ctxText(call.ctx);
  } catch {
    return known ?? ctxBefore(call);
  }
}

const ctxBefore = (call: Call): string => ((call.mask & NEW_CTX) === 0 ? call.ctxBefore : "");

function done(call: Call, outcome: number, ctx: string): void {
  charge();
  const { cpuMs, logLines, logBytes, hostCalls } = call;
  if (cpuMs + logLines + hostCalls > 0) {
    out.record(OUT.USED, call.id, cpuMs, logLines, logBytes, hostCalls);
  }
  const notes = call.notes instanceof Recording ? call.notes.take() : null;
  if (notes !== null) out.write(notes, OUT.NOTES, call.id, notes.length);
  const goesOn = call.background > 0 && call.idle === null;
  if (goesOn) out.record(OUT.GOES_ON, call.id);
  out.write(ctx, OUT.DONE, call.id, outcome, call.hook, ctx.length);
  if (goesOn) goOn(call);
  else retire(call);
}

/** Its result is out: what it handed to waitUntil goes on. */
function goOn(call: Call): void {
  call.idle = () => done(call, OUTCOME.ok, "");
  if (call.isKept) return;
  live.set(call);
  call.isKept = true;
}

function retire(call: Call): void {
  call.isLive = false;
  if (call.isKept) live.delete(call.id);
  if (call.asks !== null) withdrawAll(call.asks);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}
