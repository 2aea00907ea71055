// A heap that is nearly full, and garbage without end: the collector runs for ever.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a collector that is kept busy by a full heap is ended by its processor time",
  before: `const hoard = Array.from({ length: 5_000 }, (_, i) => new Array(1_000).fill(i));`,
  hooks: `requestFilter() {
      let kept = hoard;
      for (let i = 0; ; i++) kept = { i, last: i % 1e4 === 0 ? hoard : kept };
    }`,
  times: 6,
  expected: ENDED,
};
