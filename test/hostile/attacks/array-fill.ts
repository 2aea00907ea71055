// A native loop over 800 MB.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an array of 10^8 filled in native code ends alone",
  hooks: `requestFilter(session) {
      return new Response(String(Array(1e8).fill(0).length));
    }`,
  expected: ENDED,
};
