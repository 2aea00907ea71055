// A loader that never comes to its end, and requests that wait for it.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a loader that loops is ended like any hook, and who waited for it loads and is ended too",
  before: `import { memoryCache } from "sluice";`,
  hooks: `async requestFilter(session) {
      await memoryCache.getOrSet("key", { ttlMs: 60000 }, async () => {
        await memoryCache.get("other");
        for (;;);
      });
    }`,
  limits: { hookWallMs: 2_000 },
  atOnce: 3,
  expected: ENDED,
};
