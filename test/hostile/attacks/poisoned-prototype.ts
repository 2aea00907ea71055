// Setters on Object.prototype see what careless code assigns.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "setters on Object.prototype see nothing of the runtime",
  hooks: `requestFilter(session) {
      const seen = [];
      for (const key of ["0", "1", "then", "get", "set", "value", "id", "text", "name", "count"])
        Object.defineProperty(Object.prototype, key, { configurable: true,
          get() { return undefined; }, set() { seen.push(key); } });
      return new Response("answered" + seen.join());
    }`,
  expected: ANY_END,
};
