// A native loop of 2^53 steps: neither the watchdog nor a disposal ends it.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a native search without end is ended with its cell",
  hooks: `requestFilter(session) {
      [].indexOf.call({ length: 2 ** 53 - 1 }, 1);
    }`,
  isQuick: true,
  expected: ENDED,
};
