// The time of what runs after an await counts too.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a loop behind an await is ended",
  hooks: `async requestFilter(session) {
      await new Promise((done) => setTimeout(done, 1));
      for (;;);
    }`,
  isQuick: true,
  expected: TIMED_OUT,
};
