// A top level that takes long, and hooks that end the isolate: it starts anew for each request.

import { type Attack, ENDED } from "../attack.ts";

export const attack: Attack = {
  title: "an isolate that has to start anew each time, slowly, holds up nobody for long",
  before: `for (let i = 0; i < 1e7; i++) Math.imul(i, i);`,
  hooks: `requestFilter() { for (;;); },`,
  limits: { startupMs: 10_000 },
  times: 10,
  atOnce: 4,
  expected: ENDED,
};
