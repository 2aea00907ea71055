// No code from strings: `eval`, `Function` and its three relatives throw EvalError, by whatever
// way a script gets at them. What runs is what was bundled, checked and stored. A package that only
// tries (and catches) goes on; one that only mentions them is not disturbed.

import { regexpExec } from "./primordials.ts";
import { hide, takePlace } from "./stand-in.ts";

const EvalErrorClass = EvalError;
const setPrototypeOf = Object.setPrototypeOf;

/** How older packages ask for the global object; there is nothing in it to evaluate. */
const GLOBAL_OBJECT = /^\s*return this;?\s*$/;

export function closeCodeGeneration(target: typeof globalThis): void {
  const evaluate = { eval: (_code: unknown): never => refuse("eval") };
  hide(target, "eval", evaluate.eval);

  const NativeFunction = Function;
  const Stand = standIn((parts) => {
    const isGlobalObject =
      parts.length === 1 &&
      typeof parts[0] === "string" &&
      regexpExec(GLOBAL_OBJECT, parts[0]) !== null;
    return isGlobalObject ? () => target : refuse("Function");
  });
  takePlace(Stand, NativeFunction);
  hide(target, "Function", Stand);

  const samples = [async () => {}, function* () {}, async function* () {}];
  for (const sample of samples) {
    const native: unknown = sample.constructor;
    if (typeof native !== "function") throw new TypeError("Cannot find a function's constructor");
    const stand = standIn(() => refuse(native.name));
    takePlace(stand, native);
    setPrototypeOf(stand, Stand);
  }
}

/** A function that can be called with `new` as well. */
function standIn(make: (parts: unknown[]) => unknown): object {
  return function stand(...parts: unknown[]): unknown {
    return make(parts);
  };
}

function refuse(name: string): never {
  throw new EvalErrorClass(`Cannot make code from strings (${name}): expected code of the bundle`);
}
