// A script with hooks for both bodies, as people write them: one buffer that is used again and
// again.

import { definePhases } from "sluice";

const scratch = new Uint8Array(65_536);

export default definePhases({
  newCtx: () => ({ up: 0, down: 0 }),

  requestBodyFilter({ chunk }, ctx) {
    ctx.up += chunk.length;
  },

  responseBodyFilter({ chunk }, ctx) {
    ctx.down += chunk.length;
    scratch.set(chunk);
    return scratch.subarray(0, chunk.length);
  },
});
