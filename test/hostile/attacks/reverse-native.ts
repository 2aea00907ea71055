// A native loop that writes as it goes.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a native reversal without end is ended with its cell",
  hooks: `requestFilter(session) {
      [].reverse.call({ length: 2 ** 53 - 1 });
    }`,
  expected: ENDED,
};
