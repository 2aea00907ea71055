// A body filter that makes ever more of each chunk.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a body that grows without bound breaks off alone",
  hooks: `responseBodyFilter() {
      return new Uint8Array(2 ** 28);
    }`,
  expected: ANY_END,
};
