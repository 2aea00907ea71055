// Five million open brackets: V8 may die in them, and later.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a JSON of five million brackets ends alone",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 10; i++) try { JSON.parse("[".repeat(5e6)); } catch {}
      return new Response("answered");
    }`,
  expected: ANY_END,
};
