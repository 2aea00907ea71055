// The process ends before there is a ctx.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an abort in newCtx ends its own requests",
  hooks: `newCtx() { "ab".repeat(2 ** 28 - 100).split(""); return {}; },
    requestFilter() {},
    logging() {}`,
  times: 2,
  atOnce: 2,
  expected: ENDED,
};
