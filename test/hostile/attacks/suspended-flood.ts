// Many requests that wait for ever, each with all the timers that it may have.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "requests that wait by the hundred, with timers by the thousand, end with their wall time",
  hooks: `async requestFilter() {
      try { for (;;) setTimeout(() => {}, 1e6); } catch {}
      await new Promise(() => {});
    }`,
  limits: { hookWallMs: 500, hookMs: 1_000 },
  atOnce: 200,
  expected: one("500 .*script_timeout", "503 .*script_busy"),
};
