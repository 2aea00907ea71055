// Awaited hooks that all go on in one turn, and each take nearly all the time that they may.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "hooks that go on together and burn do not hold up the cell together",
  hooks: `async requestFilter() {
      await new Promise((done) => setTimeout(done, 20));
      for (let i = 0; i < 2e6; i++) Math.imul(i, i);
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  atOnce: 128,
  isQuick: true,
  expected: one("200 answered", "503 .*script_busy"),
};
