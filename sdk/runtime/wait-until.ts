// session.waitUntil: the call goes on behind its result until the promise is settled, so that what
// it has asked for is answered.

import type { Call } from "./current.ts";
import { whenSettled } from "./promises.ts";
import { makeReady, Task } from "./ready.ts";
import { DOMException } from "./web/exception.ts";

export function waitUntil(call: Call, promise: unknown): void {
  if (!call.isLive) {
    throw new DOMException("waitUntil: the hook that it belongs to is over", "AbortError");
  }
  call.background++;
  const done = (): void => {
    call.background--;
    const { idle } = call;
    if (call.background === 0 && idle !== null && call.isLive) idle();
  };
  // logged as what a timer's function throws is
  const onError = (reason: unknown): void => {
    if (!call.isLive) return;
    const rethrow = (): never => {
      throw reason;
    };
    makeReady(call, new Task(rethrow));
    makeReady(call, new Task(done));
  };
  whenSettled(call, promise, { onValue: done, onError });
}
