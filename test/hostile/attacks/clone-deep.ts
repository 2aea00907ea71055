// structuredClone of something a million levels deep.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a clone too deep is an error of its own request",
  hooks: `requestFilter(session) {
      let at = null;
      for (let i = 0; i < 1e6; i++) at = { at };
      structuredClone(at);
      return new Response("answered");
    }`,
  limits: { hookMs: 3_000 },
  expected: ENDED,
};
