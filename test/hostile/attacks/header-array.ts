// A Response with a hundred thousand headers.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "an answer with far too many headers is refused",
  hooks: `requestFilter() {
      const headers = Array.from({ length: 1e5 }, (_, i) => ["x-" + i, "y"]);
      return new Response("answered", { headers });
    }`,
  limits: { hookMs: 10_000 },
  expected: SCRIPT_ERROR,
};
