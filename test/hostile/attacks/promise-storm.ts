// Hooks that wait for each other across requests.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "hooks that resume each other's promises end with their wall time at the latest",
  before: `const waiting = [];`,
  hooks: `async requestFilter() {
      for (const go of waiting.splice(0)) go();
      await new Promise((done) => waiting.push(done));
      for (let i = 0; i < 1_000; i++) await null;
      return new Response("answered");
    }`,
  limits: { hookWallMs: 300 },
  times: 5,
  atOnce: 32,
  expected: ANY_END,
};
