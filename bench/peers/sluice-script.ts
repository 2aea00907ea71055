// The script that every scripted contestant repeats in its own language: a header goes into ctx, a
// counter counts, and a header of the response comes out of ctx.

import { counter, definePhases } from "sluice";

const requests = counter("requests");

export default definePhases({
  newCtx: () => ({ language: "none", count: 0 }),

  requestFilter(session, ctx) {
    ctx.language = session.request.headers.get("accept-language") ?? "none";
    ctx.count = requests.incr();
  },

  responseFilter(session, ctx) {
    session.response.headers.set("x-ctx", `${ctx.language} ${ctx.count}`);
  },
});
