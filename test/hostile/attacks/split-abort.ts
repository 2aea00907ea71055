// V8 aborts its process when one array cannot be allocated.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an allocation that aborts V8 ends its cell, and its request",
  hooks: `requestFilter(session) {
      // 2 ** 28 is more than a string may have, and a RangeError; this many make V8 give up
      "ab".repeat(2 ** 28 - 100).split("");
    }`,
  times: 20,
  isQuick: true,
  expected: ENDED,
};
