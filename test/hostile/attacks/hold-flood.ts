// A hook that enters an in-flight limit until it is ended, each time with another key.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a hook that is ended while it enters holds nothing, and others' limits are as they were",
  before: `import { inflight } from "sluice";
    const limit = inflight("keys", { limit: 5 });`,
  hooks: `requestFilter() {
      for (let i = 0; ; i++) try { limit.enter("key " + i); } catch {}
    }`,
  expected: ENDED,
};
