// Names that might lead into another tenant's counters.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a counter of another tenant cannot be reached",
  hooks: `requestFilter(session) {
      for (const name of ["victims", "../near/victims", "near\\0victims", "__proto__", "near/victims"])
        try { counter(name).set(0); } catch {}
      return new Response("answered");
    }`,
  expected: ANY_END,
};
