// A ctx with ten million keys.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a ctx with too many keys is an error of its own request",
  hooks: `newCtx: () => ({ all: {} }),
    requestFilter(_session, ctx) {
      for (let i = 0; i < 1e7; i++) ctx.all[\`key\${i}\`] = i;
    },
    logging() {}`,
  expected: ENDED,
};
