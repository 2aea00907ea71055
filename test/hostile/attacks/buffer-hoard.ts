// Buffers until memory ends.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "buffers without end cannot be had",
  hooks: `requestFilter(session) {
      const all = [];
      for (;;) all.push(new Uint8Array(2 ** 24).fill(1));
    }`,
  expected: ENDED,
};
