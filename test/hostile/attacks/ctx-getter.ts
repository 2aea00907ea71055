// A ctx with a getter that loops, from newCtx itself.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a getter that loops in what newCtx returns is ended, or refused",
  hooks: `newCtx: () => ({ get all() { for (;;); } }),
    requestFilter() {},`,
  expected: ENDED,
};
