// A/B routing: each client belongs to upstream group `a` or `b` and stays there. A cookie remembers
// which; before there is one, a hash of the client's address decides, so that retries and clients
// without cookies stay where they are too. AB_PERCENT is the share of `b` (default 50).

import { definePhases, env } from "sluice";

const percent = Number(env.AB_PERCENT ?? 50);
if (!(percent >= 0 && percent <= 100)) throw new Error("AB_PERCENT: expected a number, 0 to 100");

const COOKIE = /(?:^|;\s*)ab=([ab])(?:;|$)/;
const DAYS_30_S = 30 * 24 * 3600;

/** FNV-1a, and a last stir: the high bits of short texts hardly differ without it. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
}

export default definePhases({
  newCtx: () => ({ variant: "a", isKnown: false }),

  requestFilter({ request, client }, ctx) {
    const known = COOKIE.exec(request.headers.get("cookie") ?? "")?.[1];
    ctx.isKnown = known !== undefined;
    ctx.variant = known ?? (hash(client.address) % 100 < percent ? "b" : "a");
  },

  upstreamPeer: (_session, ctx) => ctx.variant,

  responseFilter({ response }, ctx) {
    // a cache between us and the client must not give one variant to all
    response.headers.append("vary", "Cookie");
    if (ctx.isKnown) return;
    const cookie = `ab=${ctx.variant}; Path=/; Max-Age=${DAYS_30_S}; HttpOnly; SameSite=Lax`;
    response.headers.append("set-cookie", cookie);
  },
});
