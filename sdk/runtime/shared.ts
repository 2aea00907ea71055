// What the parts of the runtime that are loaded when a script names them find of the kernel: its
// state, of which there is one in an isolate. What has no state they bring along themselves.

export {
  atomicAdd,
  atomicCompareExchange,
  atomicLoad,
  atomicStore,
} from "../../src/wire/atomics.ts";
export { quote } from "./ascii-json.ts";
export { ask, letGo, withdraw } from "./asks.ts";
export { parseCtx, valueText } from "./ctx.ts";
export { isBytes } from "./ctx-bytes.ts";
export { current } from "./current.ts";
export { isNoted, learnt, SOURCE } from "./learnt.ts";
export { logThrown } from "./log.ts";
export { leaveMicrotasks } from "./microtasks.ts";
export { askNext, refusalOf } from "./pieces.ts";
export { limits, out, port, windows } from "./port.ts";
export { awaited, newPromise, whenSettled } from "./promises.ts";
export { delayText } from "./timers.ts";
export { waitUntil } from "./wait-until.ts";
export { DOMException } from "./web/exception.ts";
export { useForms } from "./web/forms.ts";
export { changeUrl, parseUrl, tryUrl } from "./web/parse-url.ts";
export { signalsOfScript, useSignals } from "./web/signals.ts";
export { streamsOfScript, useStreams } from "./web/streams.ts";
