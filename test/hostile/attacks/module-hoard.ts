// A little more is kept with every request.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "what a script hoards from request to request ends alone",
  before: `const hoard = [];`,
  hooks: `requestFilter(session) {
      for (let i = 0; i < 4; i++) hoard.push("x".repeat(2 ** 20) + hoard.length + i);
      hoard.push(hoard.at(-1).split(""));
      return new Response("answered");
    }`,
  times: 20,
  expected: ANY_END,
};
