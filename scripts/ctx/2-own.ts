// The same with a ctx: each request has its own.

import { definePhases, log } from "sluice";

export default definePhases({
  newCtx: () => ({ user: "nobody" }),

  async requestFilter({ request }, ctx) {
    ctx.user = request.headers.get("x-user") ?? "nobody";
    if (request.path === "/slow") await new Promise((done) => setTimeout(done, 2_000));
  },

  logging({ request }, ctx) {
    log.info(`${request.target} was asked for by ${ctx.user}`);
  },
});
