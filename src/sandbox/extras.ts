// Which parts of the runtime a script needs beside the kernel: those whose names its code has.

import type { IsolateOptions, RuntimeCode } from "./isolate-options.ts";

/** By script: each of its isolates needs the same, and a large script takes a while to read. */
const known = new WeakMap<object, readonly string[]>();

/** Their code, in the order in which it is to be evaluated. */
export function extrasFor({
  script,
  runtime,
}: Pick<IsolateOptions, "script" | "runtime">): readonly string[] {
  const found = known.get(script) ?? find(script.code, runtime);
  known.set(script, found);
  return found;
}

const find = (code: string, { extras }: RuntimeCode): readonly string[] =>
  extras.filter(({ pattern }) => new RegExp(pattern).test(code)).map((extra) => extra.code);
