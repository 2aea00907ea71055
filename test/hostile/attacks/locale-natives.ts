// ICU's functions, over and over.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "functions of the locale that never stop are ended",
  hooks: `requestFilter() {
      const text = "\\u00e4\\u0323".repeat(1e5);
      const all = 7n ** 10_000n;
      for (;;) {
        text.localeCompare(text + "b");
        text.toLocaleUpperCase("tr");
        all.toLocaleString();
      }
    }`,
  expected: ENDED,
};
