// Half a million keys of a rate limit, and names of limits without end.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of keys of a rate limit fills its own table, and one of names is refused",
  before: `import { rateLimit } from "sluice";
    const options = { limit: 5, windowMs: 60000, algorithm: "fixed-window" };
    const limit = rateLimit("keys", options);`,
  hooks: `requestFilter(session) {
      for (let i = 0; i < 5e5; i++) limit.take("key " + i);
      for (let i = 0; i < 1e6; i++) rateLimit("n" + i, options).take("key");
      return new Response("answered");
    }`,
  limits: { hookMs: 5_000 },
  expected: ENDED,
};
