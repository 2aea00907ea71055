// An answer without end, in the smallest pieces: it costs its script's time, and is broken off when
// that is used up.

import { type Attack, BROKEN_OFF, one } from "../attack.ts";

export const attack: Attack = {
  title: "an endless answer in tiny pieces is broken off when its request's time is used up",
  hooks: `requestFilter() {
      return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); } }));
    }`,
  limits: { requestCpuMs: 20 },
  times: 2,
  atOnce: 2,
  isQuick: true,
  isBreak: true,
  expected: one(BROKEN_OFF),
};
