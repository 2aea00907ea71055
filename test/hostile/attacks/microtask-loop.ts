// A chain of microtasks without end.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a chain of microtasks without end is ended",
  hooks: `async requestFilter(session) {
      for (;;) await null;
    }`,
  isQuick: true,
  expected: TIMED_OUT,
};
