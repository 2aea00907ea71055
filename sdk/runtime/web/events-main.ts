// The entry of the part that brings events and abort signals, evaluated after the kernel in the
// isolates of scripts that name them.

import { useSignals } from "../shared.ts";
import { AbortController } from "./abort-controller.ts";
import { AbortSignal, abortSignal, isSignal, makeSignal, whenAborted } from "./abort-signal.ts";
import { CustomEvent, Event, PHASES } from "./event.ts";
import { EventTarget } from "./event-target.ts";
import { installExceptionConstants } from "./exception-constants.ts";
import { countArguments, installClasses } from "./lay-out.ts";

installClasses(globalThis, { AbortController, AbortSignal, CustomEvent, Event, EventTarget });
const ofTargets = { addEventListener: 2, dispatchEvent: 1, removeEventListener: 2 };
countArguments("EventTarget", EventTarget.prototype, ofTargets);
countArguments("Event", Event.prototype, { initEvent: 1 });
countArguments("AbortSignal", AbortSignal, { any: 1, timeout: 1 });
for (const [name, value] of Object.entries(PHASES)) {
  const constant = { value, enumerable: true };
  Object.defineProperty(Event, name, constant);
  Object.defineProperty(Event.prototype, name, constant);
}

installExceptionConstants();

useSignals({
  isSignal,
  make() {
    const signal = makeSignal();
    return { signal, abort: (reason) => abortSignal(signal, reason) };
  },
  isAborted: (signal) => isSignal(signal) && signal.aborted,
  reasonOf: (signal) => (isSignal(signal) ? signal.reason : undefined),
  whenAborted: (signal, run) => (isSignal(signal) ? whenAborted(signal, run) : () => {}),
});
