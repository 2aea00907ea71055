// What is thrown is a Proxy: even asking for its prototype runs code.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a thrown Proxy whose traps loop is ended",
  hooks: `requestFilter(session) {
      const spin = () => { for (;;); };
      throw new Proxy({}, { get: spin, getPrototypeOf: spin, has: spin });
    }`,
  expected: TIMED_OUT,
};
