// The name of an error is a getter of its class, and loops.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "an error whose name loops is ended",
  hooks: `requestFilter(session) {
      class Own extends Error { get name() { for (;;); } }
      throw new Own();
    }`,
  expected: TIMED_OUT,
};
