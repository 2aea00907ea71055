// Set's methods ask a "set-like" object, which never stops answering.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a set that never ends is ended",
  hooks: `requestFilter() {
      const keys = () => ({ next: () => ({ value: 1 }) });
      const endless = { size: Infinity, has: () => true, keys };
      new Set([1]).union(endless);
    }`,
  expected: ENDED,
};
