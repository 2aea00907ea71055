// Arguments by the hundred million.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a call with too many arguments ends alone",
  hooks: `requestFilter(session) {
      ((...all) => all.length).apply(null, Array(2 ** 27));
    }`,
  expected: ENDED,
};
