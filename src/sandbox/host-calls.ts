// The host calls that need nothing but the lane and the call itself: timers, and the request's
// body. Those that need more of the proxy are added to these where deployments are made.

import { ASK, DELAY_MAX_MS } from "../wire/records.ts";
import type { HostAnswer, HostCall, HostCallKind, HostCallTable } from "./host-call.ts";

const DONE: HostAnswer = { ok: true, text: "", bytes: null };

const DELAY = /^\d{1,10}$/;

const timer: HostCallKind = {
  acts: () => false,
  waitsForClient: false,
  start({ text }, answer) {
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

/** The client sends it to the exchange, which keeps it: there is nothing to end. */
const BODY_READ: HostCall = { close: () => {} };

const body: HostCallKind = {
  acts: () => false,
  waitsForClient: true,
  start({ call }, answer) {
    call.readBody((error, bytes) => answer({ ok: error === null, text: error ?? "", bytes }));
    return BODY_READ;
  },
};

export const OWN_HOST_CALLS: HostCallTable = { [ASK.timer]: timer, [ASK.body]: body };
