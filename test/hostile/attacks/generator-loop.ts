// A generator that is asked for ever.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a generator without end is ended",
  hooks: `requestFilter(session) {
      function* all() { for (;;) yield 1; }
      for (const _ of all());
    }`,
  expected: TIMED_OUT,
};
