// A rewrite that operators switch while it runs: `sluice flag put new-checkout '{"percent": 10}'`
// leads a tenth of the visitors to the new pages, always the same, and `delete` leads them back.

import { definePhases, flag } from "sluice";

/** From 0 to 99, the same for the same text (FNV-1a). */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 100;
}

export default definePhases({
  requestFilter({ request, client }) {
    const { percent } = flag("new-checkout", { percent: 0 });
    const path = request.path ?? "";
    if (!path.startsWith("/checkout/") || placeOf(client.address) >= percent) return;
    request.target = `/new${request.target}`;
  },

  responseFilter({ response }) {
    // caches between here and the visitor must not give one's page to another
    response.headers.append("cache-control", "private");
  },
});
