// Our own objects, replaced where a script can reach them.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a script that replaces what it can reach harms itself alone",
  hooks: `requestFilter(session) {
      for (const key of Reflect.ownKeys(globalThis))
        try {
          Object.defineProperty(globalThis, key, { get() { for (;;); }, configurable: true });
        } catch {}
      return { status: 200 };
    }`,
  times: 6,
  expected: ANY_END,
};
