// A string that doubles until it is too long.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a string that grows for ever ends alone",
  hooks: `requestFilter(session) {
      let text = "ab";
      const all = [];
      for (;;) { text += text.slice(0, 2 ** 24); all.push(text + all.length); }
    }`,
  expected: ENDED,
};
