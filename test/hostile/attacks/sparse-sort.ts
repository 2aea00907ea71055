// Sorting an array that has no elements.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a sort of a sparse array is ended",
  hooks: `requestFilter(session) {
      const all = [];
      all.length = 2 ** 32 - 1;
      all[1e9] = 1;
      all.sort();
    }`,
  expected: ENDED,
};
