// The web's globals that every isolate has, laid out as the web has them: replaceable, and not seen
// by an enumeration. What is large comes with parts of its own (src/control/bundle-extras.ts).

import { leaveMicrotasks } from "../microtasks.ts";
import { atob, btoa } from "./base64.ts";
import { structuredClone } from "./clone.ts";
import { TextDecoder, TextEncoder } from "./encoding.ts";
import { DOMException } from "./exception.ts";
import { Headers } from "./headers.ts";
import { countArguments, define, installClasses } from "./lay-out.ts";
import { ListIterator } from "./list-iterator.ts";
import { Request } from "./request.ts";
import { Response } from "./response.ts";

function queueMicrotask(callback: () => void): void {
  if (typeof callback !== "function") throw new TypeError("queueMicrotask: expected a function");
  leaveMicrotasks();
  void runLater(callback);
}

/**
 * What it throws is a rejection that nobody handles, as with any promise of the script. `await`
 * rather than `then`, which would look up the constructor's species.
 */
async function runLater(callback: () => void): Promise<void> {
  await undefined;
  callback();
}

const CLASSES = { DOMException, Headers, Request, Response, TextDecoder, TextEncoder };
const FUNCTIONS = { atob, btoa, queueMicrotask, structuredClone };

export function installWebGlobals(target: typeof globalThis): void {
  installClasses(target, CLASSES);
  for (const [name, value] of Object.entries(FUNCTIONS)) define(target, name, value);
  countArguments("", target, { atob: 1, btoa: 1, queueMicrotask: 1, structuredClone: 1 });
  const ofHeaders = { append: 2, delete: 1, forEach: 1, get: 1, has: 1, set: 2 };
  countArguments("Headers", Headers.prototype, ofHeaders);
  countArguments("Response", Response, { json: 1, redirect: 1 });
  countArguments("TextEncoder", TextEncoder.prototype, { encodeInto: 2 });
  define(ListIterator.prototype, Symbol.toStringTag, "Headers Iterator");
}
