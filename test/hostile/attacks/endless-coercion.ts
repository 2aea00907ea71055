// A value whose conversion to text never ends.

import { type Attack, TIMED_OUT } from "../attack.ts";

export const attack: Attack = {
  title: "a conversion that loops is ended",
  hooks: `requestFilter(session) {
      session.request.headers.set("x-own", { toString() { for (;;); } });
    }`,
  expected: TIMED_OUT,
};
