// All counters that a tenant may have, with the longest names, changed by every request.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "counters that all change in every frame cost their own tenant",
  before: `const all = Array.from({ length: 256 }, (_, i) => counter("n".repeat(120) + i));`,
  hooks: `requestFilter() {
      for (const one of all) one.incr();
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  times: 5,
  atOnce: 32,
  expected: ANSWERED,
};
