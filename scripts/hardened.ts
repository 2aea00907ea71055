// The operator's, around every tenant's script: security headers on every answer, and a bound for
// bodies. No tenant can take either away.

import { counter, definePhases, env } from "sluice";

const HEADERS = {
  "content-security-policy": "frame-ancestors 'none'",
  "referrer-policy": "strict-origin-when-cross-origin",
  "x-content-type-options": "nosniff",
};
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Of all tenants together. */
const refused = counter("refused");

export default definePhases({
  earlyRequestFilter({ options }) {
    options.requestBodyBytesMax = Number(env.BODY_BYTES_MAX ?? 1_000_000);
  },

  requestFilter({ request }) {
    if (METHODS.includes(request.method)) return undefined;
    refused.incr();
    return Response.json({ error: "method" }, { status: 405, headers: { ...HEADERS } });
  },

  responseFilter({ response }) {
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    response.headers.delete("x-powered-by");
  },
});
