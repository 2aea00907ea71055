// The largest values, a thousand of them at once, set and asked for.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of the largest values stays within what its tenant may have, and have under way",
  before: `import { memoryCache } from "sluice";
    const value = "x".repeat(2 ** 20 - 2);`,
  hooks: `async requestFilter(session) {
      for (let round = 0; round < 4; round++) {
        const sets = Array.from({ length: 200 }, (_, i) =>
          memoryCache.set("key " + i, value, { ttlMs: 60000 }));
        await Promise.allSettled(sets);
      }
      const gets = Array.from({ length: 900 }, () => memoryCache.get("key 199"));
      const sizes = await Promise.all(gets);
      const isRight = sizes.every((one) => one === undefined || one === value);
      return new Response(isRight ? "answered" : "no");
    }`,
  limits: { hookMs: 5_000, requestCpuMs: 20_000 },
  times: 2,
  atOnce: 2,
  expected: one("200 answered$", "500 .*script_(timeout|error|lost)", "500 .*cell_lost"),
};
