// A small coded body that is large.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a bomb in a coded answer is capped",
  hooks: `responseBodyFilter() {}`,
  origin: "bomb",
  expected: ANY_END,
};
