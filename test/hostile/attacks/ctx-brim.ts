// A ctx just below its limit that every hook makes longer.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a ctx at the brim, in many requests at once, comes to nobody's harm",
  hooks: `newCtx: () => ({ text: "x".repeat(2 ** 20 - 16) }),
    requestFilter(_session, ctx) { ctx.text += "y"; },
    upstreamRequestFilter(_session, ctx) { ctx.text += "y"; },
    responseFilter(_session, ctx) { ctx.text += "y"; },
    logging(_session, ctx) { ctx.text += "yyyyyyyyyy"; },`,
  limits: { hookMs: 1_000 },
  atOnce: 32,
  expected: ANY_END,
};
