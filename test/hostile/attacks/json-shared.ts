// A small object that is a large text: everything in it stands there twice.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a JSON text that doubles with each level ends alone",
  hooks: `requestFilter() {
      let all = [];
      for (let i = 0; i < 40; i++) all = [all, all];
      JSON.stringify(all);
    }`,
  expected: ENDED,
};
