// A Map that grows until memory ends.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a Map that grows for ever ends alone",
  hooks: `requestFilter(session) {
      const all = new Map();
      for (let i = 0; ; i++) all.set(i, { i });
    }`,
  expected: ENDED,
};
