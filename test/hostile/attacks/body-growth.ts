// A body filter that makes ever more of each chunk.

import { type Attack, BROKEN_OFF, one } from "../attack.ts";

export const attack: Attack = {
  title: "a body that grows without bound breaks off alone",
  hooks: `responseBodyFilter() {
      return new Uint8Array(2 ** 28);
    }`,
  expected: one(BROKEN_OFF, "200 ", "50[02] .*(script|cell|body|upstream)_"),
};
