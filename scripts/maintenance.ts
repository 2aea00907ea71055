// Maintenance: with MAINTENANCE=on in the tenant's env everybody gets a page that says so, except
// the addresses in ALLOWED (with commas between them), who can look whether it works again.

import { definePhases, env } from "sluice";

const isOn = env.MAINTENANCE === "on";
const allowed = new Set((env.ALLOWED ?? "").split(",").map((address) => address.trim()));
const retryAfterS = Number(env.RETRY_AFTER_S ?? 300);
if (!Number.isInteger(retryAfterS)) throw new Error("RETRY_AFTER_S: expected whole seconds");

const PAGE = `<!doctype html>
<html lang="en">
  <title>Back soon</title>
  <h1>We are working on it</h1>
  <p>This site is being maintained. Please come back in a few minutes.</p>
</html>
`;

export default definePhases({
  requestFilter({ client }) {
    if (!isOn || allowed.has(client.address)) return undefined;
    return new Response(PAGE, {
      status: 503, // search engines keep their index when they see 503 with Retry-After
      headers: {
        "content-type": "text/html; charset=utf-8",
        "retry-after": `${retryAfterS}`,
        "cache-control": "no-store",
      },
    });
  },
});
