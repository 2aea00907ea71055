// What a script threw, as two plain strings. It runs inside the call, so that a getter that loops
// is the watchdog's to end, and nothing of the script's ever crosses the wall as an object.

import { CONTROL } from "../../src/wire/control.ts";
import { quote } from "./ctx.ts";
import { windows } from "./port.ts";

const apply = Reflect.apply;
const slice = String.prototype.slice;

/** What V8 says when there is no memory for a buffer. */
const STARVED = "RangeError: Array buffer allocation failed";
const MESSAGE_MAX = 4096;
const STACK_MAX = 8192;

/** ASCII JSON `{"message":…,"stack":…}` of anything thrown. */
export function describeThrown(thrown: unknown): string {
  let message = "a value that cannot be described";
  let stack = "";
  try {
    if (typeof thrown === "object" && thrown !== null) {
      const { name, message: said, stack: trace } = thrown as Record<string, unknown>;
      message = `${asText(name) || "Error"}: ${asText(said)}`;
      if (message === STARVED) windows.control[CONTROL.STARVED] = 1;
      stack = asText(trace);
    } else {
      message = `${typeof thrown === "symbol" ? "a symbol" : thrown} was thrown`;
    }
  } catch {
    // its getters throw: what we have is what there is
  }
  return describeText(message, stack);
}

export function describeText(message: string, stack = ""): string {
  return `{"message":${quote(cut(message, MESSAGE_MAX))},"stack":${quote(cut(stack, STACK_MAX))}}`;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** The first `max` characters. */
export const cut = (text: string, max: number): string =>
  text.length <= max ? text : apply(slice, text, [0, max]);
