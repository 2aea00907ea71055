// A million headers.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of headers is an error of its own request",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 1e6; i++) session.request.headers.append(\`x-\${i}\`, "1");
    }`,
  expected: ENDED,
};
