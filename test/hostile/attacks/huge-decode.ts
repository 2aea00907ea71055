// Megabytes through the text functions, again and again.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "text functions over megabytes are ended",
  hooks: `requestFilter(session) {
      const text = "A".repeat(2 ** 24);
      for (;;) btoa(atob(text));
    }`,
  expected: ENDED,
};
