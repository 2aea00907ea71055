// A rejection that nobody handles in every crossing: each makes the crossing itself throw.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a stray rejection in every crossing of a turn harms its own request at most",
  hooks: `async requestFilter() {
      for (let i = 0; i < 20; i++) {
        void Promise.reject(new Error("s".repeat(1e5)));
        await new Promise((done) => setTimeout(done, 0));
      }
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  expected: ANY_END,
};
