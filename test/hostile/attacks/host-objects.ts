// The ways out of other sandboxes.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "nothing of the host can be reached",
  hooks: `requestFilter(session) {
      const found = [];
      for (const name of ["process", "require", "module", "Buffer", "global", "Deno", "Bun", "ivm", "gc"])
        if (name in globalThis) found.push(name);
      try { found.push(typeof Function("return 1")()); } catch {}
      try { found.push(typeof (0, eval)("1")); } catch {}
      try { found.push(typeof (async () => {}).constructor("return 1")); } catch {}
      return new Response("answered" + found.join());
    }`,
  isQuick: true,
  expected: ANSWERED,
};
