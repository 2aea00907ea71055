// The host calls that need nothing but the lane and the call itself: timers, the request's body,
// coders, and bodies that the script makes. Those that need more of the proxy are added to these
// where deployments are made.

import { ASK } from "../wire/asks.ts";
import { DELAY_MAX_MS } from "../wire/records.ts";
import { coders } from "./coder.ts";
import type { HostAnswer, HostCall } from "./host-call.ts";
import type { HostCallKind, HostCallTable } from "./host-call-table.ts";
import { PouredBody } from "./poured-body.ts";

const DONE: HostAnswer = { ok: true, text: "", bytes: null };

const DELAY = /^\d{1,10}$/;

const timer: HostCallKind = {
  acts: () => false,
  waitsForClient: false,
  start(_call, { text }, answer) {
    const delayMs = DELAY.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
    if (delayMs > DELAY_MAX_MS) return null;
    return new Timer(setTimeout(answer, delayMs, DONE));
  },
};

class Timer implements HostCall {
  readonly #timer: NodeJS.Timeout;

  constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/** There is nothing to end: a client sends its body to the exchange, which keeps it. */
const NOTHING: HostCall = { close: () => {} };

const body: HostCallKind = {
  acts: () => false,
  waitsForClient: true,
  start(call, { text }, answer) {
    if (text === "stream") return call.streamBody(answer);
    if (text !== "whole") return null;
    call.readBody((error, bytes) => answer({ ok: error === null, text: error ?? "", bytes }));
    return NOTHING;
  },
};

const fetch: HostCallKind = {
  acts: ({ text }) => !READS.some((method) => text.startsWith(method)),
  waitsForClient: false,
  start: (call, ask, answer) => call.fetch(ask, answer),
};

/** Methods that change nothing (RFC 9110 section 9.2.1): asked for twice, they do no harm. */
const READS = ['["GET"', '["HEAD"', '["OPTIONS"'];

const next: HostCallKind = {
  acts: () => false,
  waitsForClient: false,
  start(_call, ask, answer) {
    const at = ask.text.indexOf(" ");
    const wanted = ask.text.slice(at + 1);
    const held = ask.held(Number(ask.text.slice(0, at)));
    if (held === null) {
      answer({ ok: false, text: GONE, bytes: null });
      return NOTHING;
    }
    return held.next?.({ ...ask, text: wanted }, answer) ?? null;
  },
};

/** It ended with its call, or was withdrawn while this was on its way. */
const GONE = "AbortError\nthe hook that it belongs to is over";

/** @param idleMs  how long the client may wait for the next piece of what a script makes */
const pour = (idleMs: number): HostCallKind => ({
  acts: () => false,
  waitsForClient: false,
  start: (_call, { text }, answer) => (text === "" ? new PouredBody(answer, idleMs) : null),
});

/** Answered when the client has left, for what goes on then. */
const gone: HostCallKind = {
  acts: () => false,
  waitsForClient: false,
  start(call, { text }, answer) {
    if (text !== "") return null;
    call.whenGone(() => answer(DONE));
    return NOTHING;
  },
};

export const ownHostCalls = (hookWallMs: number): HostCallTable => ({
  [ASK.timer]: timer,
  [ASK.body]: body,
  [ASK.fetch]: fetch,
  [ASK.next]: next,
  [ASK.pour]: pour(hookWallMs),
  [ASK.code]: coders(),
  [ASK.gone]: gone,
});
