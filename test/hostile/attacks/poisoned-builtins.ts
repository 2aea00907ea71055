// Every builtin replaced before the next request.

import { ANY_END, type Attack } from "../attack.ts";

/** Statements of a hook: every function of every builtin throws from now on. */
export const POISON = `
      const trap = () => { throw new Error("poisoned"); };
      const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
      const all = [Array, Object, String, Number, RegExp, Map, Set, WeakMap, Promise, Function,
        Error, Uint8Array, ArrayBuffer, Date, Headers, Response, TextEncoder];
      for (let i = 0; i < all.length; i++) for (const target of [all[i].prototype, all[i]])
        for (const key of ownKeys(target)) {
          const own = getOwnPropertyDescriptor(target, key);
          if (typeof own.value !== "function" || key === "constructor") continue;
          if (key === Symbol.iterator) continue;
          defineProperty(target, key, { configurable: true, value: trap });
        }`;

export const attack: Attack = {
  title: "a script that poisons every builtin harms itself alone",
  hooks: `requestFilter(session) {
      ${POISON}
    }`,
  limits: { hookMs: 500 },
  times: 6,
  isQuick: true,
  expected: ANY_END,
};
