// A ctx whose toJSON never returns.

import type { Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a toJSON that loops is ended, or refused",
  hooks: `newCtx: () => ({ all: null }),
    requestFilter(_session, ctx) {
      ctx.all = { toJSON() { for (;;); } };
    },
    logging() {}`,
  expected: /^50[03] .*(script_|cell_|disabled)/s,
};
