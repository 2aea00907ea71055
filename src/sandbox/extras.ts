// Finds which parts of the runtime a script needs besides the kernel: those whose names occur in
// its code.

import type { IsolateOptions, RuntimeCode, RuntimeExtra } from "./isolate-options.ts";

type Given = Pick<IsolateOptions, "script" | "runtime">;

/** By script: each of its isolates needs the same, and a large script takes a while to read. */
const known = new WeakMap<object, readonly RuntimeExtra[]>();

/** In the order in which they are to be evaluated. */
export function extrasFor({ script, runtime }: Given): readonly RuntimeExtra[] {
  const found = known.get(script) ?? find(script.code, runtime);
  known.set(script, found);
  return found;
}

const find = (code: string, { extras }: RuntimeCode): readonly RuntimeExtra[] =>
  extras.filter(({ pattern }) => new RegExp(pattern).test(code));

export const needs = (given: Given, name: string): boolean =>
  extrasFor(given).some((extra) => extra.name === name);
