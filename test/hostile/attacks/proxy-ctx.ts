// A ctx that is a Proxy with endless keys.

import type { Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a ctx that is a Proxy is ended, or refused",
  hooks: `newCtx: () => ({ all: null }),
    requestFilter(_session, ctx) {
      ctx.all = new Proxy({}, { ownKeys() { for (;;); } });
    },
    logging() {}`,
  expected: /^50[03] .*(script_|cell_|disabled)/s,
};
