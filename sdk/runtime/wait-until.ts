// session.waitUntil: the call goes on behind its result until the promise is settled, so that what
// it has asked for is answered.

import type { Call } from "./current.ts";
import { logThrown } from "./log.ts";
import { whenSettled } from "./promises.ts";
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
  const onError = (reason: unknown): void => {
    if (call.isLive) logThrown(reason);
    done();
  };
  whenSettled(call, promise, { onValue: done, onError });
}
