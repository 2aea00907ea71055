// A Response whose properties are getters that loop.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a Response in a Proxy whose getters loop is ended, or refused",
  hooks: `requestFilter() {
      const spin = () => { for (;;); };
      return new Proxy(new Response("answered"), { get: spin, getPrototypeOf: spin, has: spin });
    }`,
  expected: ENDED,
};
