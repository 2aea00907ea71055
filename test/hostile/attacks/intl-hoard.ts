// Formatters live outside the heap that is limited.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a hoard of formatters ends alone",
  hooks: `requestFilter(session) {
      const all = [];
      for (let i = 0; ; i++) all.push(new Intl.DateTimeFormat("en", { year: "numeric" }));
    }`,
  expected: ENDED,
};
