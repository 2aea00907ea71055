// A million timers.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of timers is refused",
  hooks: `async requestFilter(session) {
      for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6);
    }`,
  limits: { hookMs: 1_000 },
  expected: SCRIPT_ERROR,
};
