// An error as text: what it says, its frames, what caused it, and what else its author gave it.
//
//     TypeError: it failed
//         at requestFilter (script.js:41:11)
//       {"code":"E_DENIED"}
//       cause: Error: no such user
//           at find (script.js:12:7)

import type { Inspection } from "./inspection.ts";
import {
  arrayIsArray,
  mathMin,
  objectGetOwnPropertyDescriptor,
  stringIncludes,
  stringSlice,
  uncurry,
} from "./primordials.ts";

const ErrorClass = Error;
const startsWith: (text: string, start: string) => boolean = uncurry(String.prototype.startsWith);
const indexOf: (text: string, part: string) => number = uncurry(String.prototype.indexOf);

/** Of a message, or of a stack: what a line can show. */
const CHARS_MAX = 8192;
/** Of an AggregateError. */
const ERRORS_MAX = 10;

/** `TypeError: it failed`, as V8 begins a stack. */
export function headerOf(error: object): string {
  const name = textAt(error, "name") || "Error";
  const message = textAt(error, "message");
  return message === "" ? name : `${name}: ${message}`;
}

export function errorText(error: object, inspection: Inspection): string {
  let text = stackOf(error);
  const extra = inspection.members(error, (key) => !isOwn(key));
  if (extra !== "{}") text += `\n  ${extra}`;
  if (has(error, "cause")) text += part("cause", Reflect.get(error, "cause"), inspection);
  const errors: unknown = has(error, "errors") ? Reflect.get(error, "errors") : null;
  if (!arrayIsArray(errors)) return text;
  for (let i = 0; i < mathMin(errors.length, ERRORS_MAX); i++) {
    text += part(`errors[${i}]`, errors[i], inspection);
  }
  return text;
}

/** Shown by other means. */
const isOwn = (key: string): boolean =>
  key === "name" || key === "message" || key === "stack" || key === "cause" || key === "errors";

/** V8 writes it when the error is made: who changes the message later changes only that. */
function stackOf(error: object): string {
  const header = headerOf(error);
  const stack = textAt(error, "stack");
  if (startsWith(stack, header)) return stack;
  const frames = indexOf(stack, "\n    at ");
  if (frames >= 0) return header + stringSlice(stack, frames);
  return stringIncludes(stack, header) ? stack : header;
}

function part(name: string, value: unknown, inspection: Inspection): string {
  const text = inspection.value(value);
  const isError = typeof value === "object" && value !== null && value instanceof ErrorClass;
  // without the brackets that it has inside of objects
  const shown = isError && text[0] === "[" ? stringSlice(text, 1, -2) : text;
  return indented(`\n${name}: ${shown}`);
}

function indented(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) result += text[i] === "\n" ? "\n  " : text[i];
  return result;
}

/** Cut: whoever throws may have made it of any length. */
function textAt(object: object, key: string): string {
  const value: unknown = Reflect.get(object, key);
  if (typeof value !== "string") return "";
  return value.length <= CHARS_MAX ? value : stringSlice(value, 0, CHARS_MAX);
}

const has = (object: object, key: string): boolean =>
  objectGetOwnPropertyDescriptor(object, key) !== undefined;
