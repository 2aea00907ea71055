// Error.prepareStackTrace runs whenever a stack is made.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a prepareStackTrace that loops does no harm",
  hooks: `requestFilter(session) {
      Error.prepareStackTrace = () => { for (;;); };
      throw new Error("prepared");
    }`,
  expected: SCRIPT_ERROR,
};
