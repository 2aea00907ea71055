// A small coded body that is large.

import { type Attack, BROKEN_OFF, one } from "../attack.ts";

export const attack: Attack = {
  title: "a bomb in a coded answer is capped",
  hooks: `responseBodyFilter() {}`,
  origin: "bomb",
  expected: one(BROKEN_OFF, "200 ", "50[02] .*(script|cell|body|upstream)_"),
};
