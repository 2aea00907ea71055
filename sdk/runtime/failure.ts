// What a script threw, as two plain strings. It runs inside the call, so that a getter that loops
// is the watchdog's to end, and nothing of the script's ever crosses the wall as an object.

import { CONTROL } from "../../src/wire/control.ts";
import { quote } from "./ascii-json.ts";
import { headerOf } from "./error-text.ts";
import { inspect, inspectError } from "./inspect.ts";
import { windows } from "./port.ts";
import { Response } from "./web/response.ts";

const ErrorClass = Error;
const apply = Reflect.apply;
const slice = String.prototype.slice;

/** What V8 says when there is no memory for a buffer. */
const STARVED = "RangeError: Array buffer allocation failed";
const MESSAGE_MAX = 4096;
const STACK_MAX = 8192;

/** ASCII JSON `{"message":…,"stack":…}` of anything thrown. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!isErrorLike(thrown)) return describeText(saidOf(thrown));
    const message = headerOf(thrown);
    if (message === STARVED)
      windows.control[CONTROL.STARVED] = windows.control[CONTROL.CALL_ID] ?? 0;
    return describeText(message, inspectError(thrown));
  } catch {
    // its getters throw: what we have is what there is
    return describeText("a value that cannot be described");
  }
}

/** An Error, or what has a message as one. */
const isErrorLike = (thrown: unknown): thrown is object =>
  typeof thrown === "object" &&
  thrown !== null &&
  (thrown instanceof ErrorClass || typeof Reflect.get(thrown, "message") === "string");

/** What it is, and what was expected. */
function saidOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return `${inspect(thrown)} was thrown`;
  if (thrown instanceof Response) {
    return `a Response (${thrown.status}) was thrown: expected it to be returned`;
  }
  return `${inspect(thrown)} was thrown: expected an Error`;
}

export function describeText(message: string, stack = ""): string {
  return `{"message":${quote(cut(message, MESSAGE_MAX))},"stack":${quote(cut(stack, STACK_MAX))}}`;
}

/** The first `max` characters. */
export const cut = (text: string, max: number): string =>
  text.length <= max ? text : apply(slice, text, [0, max]);
