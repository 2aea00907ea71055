// A signal that is aborted when the client of a request leaves. The host tells only what goes on
// then: what was handed to waitUntil, and a stream that answers.

import { ASK } from "../../src/wire/asks.ts";
import { ask } from "./asks.ts";
import type { Call } from "./current.ts";
import { DOMException } from "./web/exception.ts";
import { type SignalLike, signalsOfScript } from "./web/signals.ts";

export function clientSignal(call: Call): SignalLike {
  const signals = signalsOfScript();
  if (signals === null) {
    throw new TypeError("There are no signals here: expected the script to name AbortSignal");
  }
  const { signal, abort } = signals.make();
  const settle = (): void => abort(new DOMException("the client has left", "AbortError"));
  ask(call, { name: "signal", kind: ASK.gone, text: "", bytes: null }, { settle, abort: null });
  return signal;
}
