// Timers that are set and cleared: whoever keeps them must let go of them.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "timers that are set and cleared again do not pile up",
  hooks: `async requestFilter() {
      for (let i = 1; i <= 9_000; i++) {
        clearTimeout(setTimeout(() => {}, 1e6));
        if (i % 1_500 === 0) await new Promise((done) => setTimeout(done, 100));
      }
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  atOnce: 64,
  expected: ANY_END,
};
