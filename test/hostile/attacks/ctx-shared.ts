// The same as a ctx, which our own runtime writes.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a ctx that doubles with each level ends alone",
  hooks: `newCtx: () => ({ all: [] }),
    requestFilter(_session, ctx) {
      for (let i = 0; i < 40; i++) ctx.all = [ctx.all, ctx.all];
      return new Response("answered");
    }`,
  expected: ENDED,
};
