// Header policy: every response of the upstream gets the security headers that it lacks, and loses
// those that tell what software made it. A header that the application set itself stays.

import { definePhases } from "sluice";

const DEFAULTS = {
  "content-security-policy": "frame-ancestors 'self'",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "strict-origin-when-cross-origin",
  "x-content-type-options": "nosniff",
};
const TELLING = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version"];

const HSTS = "max-age=31536000; includeSubDomains";

export default definePhases({
  responseFilter({ request, response }) {
    const { headers } = response;
    for (const name of TELLING) headers.delete(name);
    for (const [name, value] of Object.entries(DEFAULTS)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    // the proxy writes X-Forwarded-Proto itself, and believes only trusted proxies about it
    if (request.headers.get("x-forwarded-proto") === "https") {
      headers.set("strict-transport-security", HSTS);
    }
  },
});
