// Fetches by the ten thousand, from many requests at once, and nobody waits for them.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of fetches is refused beyond the limit, and ends with its hooks",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 1_000; i++) {
        fetch("http://any.example/", { upstream: "main" }).catch(() => {});
      }
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  times: 2,
  atOnce: 4,
  isQuick: true,
  expected: ANSWERED,
};
