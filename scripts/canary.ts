// Canary by cookie: whoever opens any page with `?canary=on` gets a cookie and from then on the
// upstream group `canary`, until `?canary=off`. If the canary cannot be reached, `stable` answers.

import { counter, definePhases } from "sluice";

const COOKIE = /(?:^|;\s*)canary=on(?:;|$)/;
const failures = counter("canary_failures");

export default definePhases({
  newCtx: () => ({ isCanary: false }),

  requestFilter({ request }, ctx) {
    ctx.isCanary = COOKIE.test(request.headers.get("cookie") ?? "");
    const [path = "/", ...rest] = request.target.split("?");
    const query = new URLSearchParams(rest.join("?"));
    const wanted = query.get("canary");
    if (wanted !== "on" && wanted !== "off") return undefined;
    query.delete("canary");
    // one slash: of //evil.example or /\evil.example a redirect to another host would become
    const place = path.replace(/^[/\\]+/, "/") + (query.size > 0 ? `?${query}` : "");
    const age = wanted === "on" ? 7 * 24 * 3600 : 0;
    const cookie = `canary=on; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`;
    const headers = { location: place, "set-cookie": cookie, "cache-control": "no-store" };
    return new Response(null, { status: 303, headers });
  },

  upstreamPeer: ({ attempt }, ctx) => (ctx.isCanary && attempt === 1 ? "canary" : "stable"),

  failToConnect({ attempt }, ctx) {
    if (!ctx.isCanary || attempt > 1) return undefined;
    failures.incr();
    return "retry";
  },
});
