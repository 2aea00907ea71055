// Lengths that are lies: what looks like an array is walked to its end.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an array that is none, and long, ends alone",
  hooks: `requestFilter() {
      const all = { length: 2 ** 32 - 1 };
      return new Response(String.fromCharCode.apply(null, Array.from(all)));
    }`,
  expected: ENDED,
};
