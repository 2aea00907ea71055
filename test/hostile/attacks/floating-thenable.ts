// A thenable that nobody awaits: its then runs when the turn is over.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a thenable whose then loops at the end of the turn is ended",
  hooks: `requestFilter() {
      void Promise.resolve({ then() { for (;;); } });
      return new Response("answered");
    }`,
  expected: ENDED,
};
