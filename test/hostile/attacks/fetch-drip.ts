// An origin that never comes to an end, read by many requests at once.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a fetch of an origin that drips for ever ends with its hook's time",
  hooks: `async requestFilter() {
      const { body } = await fetch("http://any.example/", { upstream: "main" });
      for await (const piece of body);
      return new Response("the end");
    }`,
  limits: { hookWallMs: 1_500 },
  times: 2,
  atOnce: 16,
  origin: "drip",
  isQuick: true,
  expected: TIMED_OUT,
};
