// Streams that loop, throw, and are left open, behind an answer that has begun.

import { type Attack, BROKEN_OFF, one } from "../attack.ts";

export const attack: Attack = {
  title: "a stream that loops, throws or is left open breaks its answer off",
  hooks: `requestFilter({ request }) {
      let pieces = 0;
      const kind = Number(request.headers.get("n")) % 3;
      return new Response(new ReadableStream({
        start(c) { if (kind === 2) c.enqueue(new Uint8Array(1)); },
        pull(c) {
          if (kind === 2) return;
          if (pieces++ === 0) return c.enqueue(new Uint8Array(1));
          if (kind === 0) throw new Error("no more");
          for (;;);
        },
        cancel() { for (;;); },
      }, { highWaterMark: 0 }));
    }`,
  limits: { hookMs: 100, hookWallMs: 500 },
  times: 3,
  isBreak: true,
  expected: one(BROKEN_OFF, "500 .*script_(timeout|lost)"),
};
