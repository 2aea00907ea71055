// Log lines from microtasks that run on when the answer is there.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "log lines after the answer are dropped",
  hooks: `requestFilter() {
      let lines = 0;
      queueMicrotask(function again() {
        console.log("x".repeat(8_000));
        if (++lines < 1e4) queueMicrotask(again);
      });
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  atOnce: 8,
  expected: one("200 answered", "500 .*script_timeout"),
};
