// The reason of an unhandled rejection is read outside every time limit.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "a rejected Proxy whose getter spins ends its cell, and its request",
  hooks: `requestFilter(session) {
      void Promise.reject(new Proxy({}, { get() { for (;;); } }));
      return new Response("answered");
    }`,
  times: 20,
  isQuick: true,
  expected: ENDED,
};
