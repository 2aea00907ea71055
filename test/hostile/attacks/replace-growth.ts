// Regular expressions that make large strings of large strings.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "replacements that double a string end alone",
  hooks: `requestFilter() {
      let text = "ab";
      for (;;) text = text.replace(/[ab]/g, "$&$&$\`".slice(0, 4));
    }`,
  expected: ENDED,
};
