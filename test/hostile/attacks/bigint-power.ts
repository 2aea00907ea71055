// A power of BigInts is one instruction that takes for ever.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a BigInt power without end is ended with its cell",
  hooks: `requestFilter(session) {
      return new Response(String(7n ** (7n ** 9n)).slice(0, 9));
    }`,
  isQuick: true,
  expected: ENDED,
};
