// A hook that returns a thenable whose then never returns.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a thenable whose then loops is ended",
  hooks: `requestFilter(session) {
      return { then() { for (;;); } };
    }`,
  expected: TIMED_OUT,
};
