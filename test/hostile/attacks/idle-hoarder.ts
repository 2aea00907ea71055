// Memory that is kept while the tenant does nothing.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "an idle hoard does not harm who runs",
  before: `const hoard = [];`,
  hooks: `requestFilter(session) {
      if (hoard.length === 0) for (let i = 0; i < 30; i++) hoard.push("x".repeat(2 ** 20) + i);
      hoard.push(hoard.join("").length);
      return new Response("answered");
    }`,
  times: 10,
  expected: ANY_END,
};
