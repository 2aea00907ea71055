// A ctx a million levels deep.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a ctx too deep to be written is an error of its own request",
  hooks: `newCtx: () => ({ all: null }),
    requestFilter(_session, ctx) {
      let at = null;
      for (let i = 0; i < 1e6; i++) at = { at };
      ctx.all = at;
    },
    logging() {}`,
  limits: { hookMs: 2_000 },
  expected: SCRIPT_ERROR,
};
