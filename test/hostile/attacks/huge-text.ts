// An answer of half a gigabyte.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "an answer far too large is an error of its own request",
  hooks: `requestFilter(session) {
      return new Response("x".repeat(2 ** 28));
    }`,
  limits: { hookMs: 2_000 },
  expected: SCRIPT_ERROR,
};
