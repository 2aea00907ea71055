// Digits of a large BigInt, made in native code.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a BigInt that is written out for ever is ended with its cell",
  hooks: `requestFilter() {
      const all = 3n ** (2n ** 22n);
      for (;;) all.toString(7);
    }`,
  expected: ENDED,
};
