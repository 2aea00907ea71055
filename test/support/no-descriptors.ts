// Every descriptor that this process may still open, taken for as long as a test needs it.

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
