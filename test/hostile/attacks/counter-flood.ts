// A million names of counters.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of counters is refused",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 1e6; i++) counter(\`c\${i}\`).incr();
      return new Response("answered");
    }`,
  limits: { hookMs: 5_000 },
  expected: ENDED,
};
