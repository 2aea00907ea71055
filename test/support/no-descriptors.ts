// Want of descriptors: of this process, for as long as a test needs it, or of a program.

import { closeSync, openSync } from "node:fs";

export function takeDescriptors(): Disposable {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync("/dev/null", "r"));
    } catch {
      return {
        [Symbol.dispose]: () => {
          for (const descriptor of taken) closeSync(descriptor);
        },
      };
    }
  }
}

/** A command line that runs with that limit; undefined: with this process's. */
export const withDescriptors = (most: number | undefined, command: readonly string[]) =>
  most === undefined ? command : ["sh", "-c", `ulimit -n ${most} && exec "$@"`, "sh", ...command];
