// A hundred thousand lines of a megabyte.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of log lines is cut and its request answered",
  hooks: `requestFilter(session) {
      const line = "x".repeat(1e6);
      for (let i = 0; i < 1e5; i++) console.log(line);
      return new Response("answered");
    }`,
  limits: { hookMs: 5_000 },
  isQuick: true,
  expected: ANSWERED,
};
