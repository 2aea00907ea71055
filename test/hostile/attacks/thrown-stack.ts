// The stack of an error is a getter that loops.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "an error whose stack loops is ended",
  hooks: `requestFilter(session) {
      throw Object.defineProperty(new Error(""), "stack", { get() { for (;;); } });
    }`,
  expected: TIMED_OUT,
};
