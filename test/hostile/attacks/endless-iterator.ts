// An iterator without end where a list is expected.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an iterator without end is ended",
  hooks: `requestFilter(session) {
      new Headers({ *[Symbol.iterator]() { for (;;) yield ["a", "b"]; } });
    }`,
  expected: ENDED,
};
