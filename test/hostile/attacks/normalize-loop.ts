// Native string functions over large strings, again and again.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "native string functions without end are ended",
  hooks: `requestFilter(session) {
      const text = "\\u1e9b\\u0323".repeat(2 ** 23);
      for (;;) text.normalize("NFKD");
    }`,
  expected: ENDED,
};
