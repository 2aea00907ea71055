// A function that calls itself for ever.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a recursion without end is an error of its own request",
  hooks: `requestFilter(session) {
      const again = () => again() + 1;
      return new Response(String(again()));
    }`,
  expected: SCRIPT_ERROR,
};
