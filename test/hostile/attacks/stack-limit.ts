// A stack trace without limit, of a recursion without end.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a stack trace of all frames is cut",
  hooks: `requestFilter() {
      Error.stackTraceLimit = Infinity;
      const down = () => { down(); };
      down();
    }`,
  limits: { hookMs: 5_000 },
  expected: SCRIPT_ERROR,
};
