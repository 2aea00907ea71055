// The realm that a script finds, the same for every script: no memory that the isolate's limit
// does not count, no shared memory, nothing that tells when memory is collected, no code from
// strings. Runs after the runtime has captured what it needs, and before the script.

import { closeCodeGeneration } from "./code-generation.ts";
import { limitIntl } from "./intl-limits.ts";
import { fixLocale } from "./locale.ts";
import { objectDefineProperty as define } from "./primordials.ts";
import { hide, isObject, takePlace } from "./stand-in.ts";

/**
 * Shared memory is a clock and lets bytes change after they were checked; the memory of WebAssembly
 * is not counted by the isolate's limit; what is called back by the garbage collector runs outside
 * every turn, where nobody ends its loops.
 */
const REMOVED = [
  "Atomics",
  "FinalizationRegistry",
  "SharedArrayBuffer",
  "WeakRef",
  "WebAssembly",
] as const;

const construct = Reflect.construct;

export function hardenRealm(target: typeof globalThis): void {
  for (const name of REMOVED) remove(target, name);
  fixBuffers(target);
  limitIntl();
  fixLocale();
  closeStackTraces();
  closeCodeGeneration(target);
}

/** Silence would leave a hole: a name that V8 does not let go of ends the start. */
function remove(owner: object, name: string): void {
  if (!Reflect.deleteProperty(owner, name)) throw new TypeError(`Cannot remove ${name}`);
}

/** ArrayBuffers of a fixed length: what a resizable one reserves is not counted by the limit. */
function fixBuffers(target: typeof globalThis): void {
  const Native = ArrayBuffer;
  function FixedBuffer(this: unknown, length: unknown, options?: unknown): unknown {
    if (new.target === undefined) throw new TypeError("Cannot call ArrayBuffer: expected new");
    if (isObject(options) && Reflect.get(options, "maxByteLength") !== undefined) {
      throw new RangeError("Cannot make a resizable ArrayBuffer: expected a fixed length");
    }
    return construct(Native, [length], new.target);
  }
  takePlace(FixedBuffer, Native);
  define(FixedBuffer, Symbol.species, {
    get(this: unknown) {
      return this;
    },
    configurable: true,
  });
  hide(FixedBuffer, "isView", Native.isView);
  hide(target, "ArrayBuffer", FixedBuffer);
  remove(Native.prototype, "resize");
}

/**
 * A hook of V8's that hands out the frames of the stack, ours among them, and that runs wherever a
 * stack is read. Packages that set it find that nothing happens.
 */
function closeStackTraces(): void {
  define(Error, "prepareStackTrace", { get: () => undefined, set: () => {}, configurable: false });
}
