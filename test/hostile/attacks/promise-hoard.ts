// Promises that never settle, kept by the million.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "promises by the million end alone",
  before: `const hoard = [];`,
  hooks: `async requestFilter() {
      for (;;) { hoard.push((async () => { await new Promise(() => {}); })()); }
    }`,
  limits: { hookMs: 1_000 },
  expected: ENDED,
};
