// Keys that look like another tenant's, and a runtime whose builtins were poisoned.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "no key leads out of its tenant's memory cache, whatever it looks like",
  before: `import { memoryCache } from "sluice";
    const { stringify } = JSON;
    Map.prototype.get = Map.prototype.set = () => "poisoned";
    JSON.parse = JSON.stringify = () => "poisoned";
    String.prototype.slice = () => "poisoned";
    Object.prototype.value = "poisoned";`,
  hooks: `async requestFilter(session) {
      const keys = ["__proto__", "constructor", "../near", "near\\0key", '"]', "\\n", "toString"];
      const before = await Promise.all(keys.map((key) => memoryCache.get(key)));
      for (const key of keys) await memoryCache.set(key, [key], { ttlMs: 60000 });
      const after = await Promise.all(keys.map((key) => memoryCache.get(key)));
      for (const key of keys) await memoryCache.delete(key);
      // another request of its own may have set or deleted them meanwhile
      const isOwn = (one, i) => one === undefined || stringify(one) === stringify([keys[i]]);
      const isRight = before.every(isOwn) && after.every(isOwn);
      return new Response(isRight ? "answered" : stringify([before, after]));
    }`,
  expected: ANSWERED,
};
