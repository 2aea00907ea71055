// A hook that is always ended in the middle of a decision.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a hook that is ended while it takes leaves the limits of all others as they are",
  before: `import { rateLimit } from "sluice";
    const options = { limit: 1e6, windowMs: 60000, algorithm: "token-bucket" };
    const limit = rateLimit("keys", options);`,
  hooks: `requestFilter(session) {
      for (let i = 0; ; i++) limit.take("key " + (i % 1000));
    }`,
  expected: TIMED_OUT,
};
