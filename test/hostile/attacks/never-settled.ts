// A promise that nobody settles.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a hook that waits for ever ends with its wall time",
  hooks: `async requestFilter(session) {
      await new Promise(() => {});
    }`,
  limits: { hookWallMs: 300 },
  expected: TIMED_OUT,
};
