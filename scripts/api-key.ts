// API keys: a request without a known key gets 401. The tenant's env has them, as API_KEYS:
// "mobile=k3y-of-the-app, partner=an0ther-key". The upstream learns who calls, never the key.

import { definePhases, env } from "sluice";

const callers = (env.API_KEYS ?? "").split(",").map((pair) => {
  const [name = "", key = ""] = pair.trim().split("=");
  // an empty key would let everybody in: better not to start at all
  if (!/^[\w.-]+$/.test(name) || key.length < 8) {
    throw new Error("API_KEYS: expected name=key pairs, with keys of 8 characters or more");
  }
  return { name, key };
});

/** Takes as long as `given` is, wherever the two differ: time tells nothing about the key. */
function isSame(given: string, key: string): boolean {
  let difference = given.length ^ key.length;
  for (let i = 0; i < given.length; i++) {
    difference |= given.charCodeAt(i) ^ key.charCodeAt(i % key.length);
  }
  return difference === 0;
}

export default definePhases({
  requestFilter({ request }) {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const [caller] = callers.filter(({ key }) => isSame(given, key));
    if (caller === undefined) {
      const headers = { "www-authenticate": 'Bearer realm="api"', "cache-control": "no-store" };
      return Response.json({ error: "A valid API key is needed." }, { status: 401, headers });
    }
    request.headers.set("x-api-caller", caller.name); // replaces what the client may have claimed
    request.headers.delete("authorization");
    return undefined;
  },
});
