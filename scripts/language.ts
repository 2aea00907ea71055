// Language routing: the upstream group named after the language that the client likes best, of
// those in LANGUAGES ("en,de,fr"); the first one where it likes none. `Accept-Language: de-CH,
// en;q=0.7` leads to `de`, and `*` to the first.

import { definePhases, env } from "sluice";

const languages = (env.LANGUAGES ?? "en").split(",").map((language) => language.trim());
const fallback = languages[0] ?? "en";

/** RFC 9110 section 12.5.4: ranges with weights from 0 (not at all) to 1, in any order. */
function best(accepted: string): string {
  let found = { language: fallback, weight: 0 };
  for (const range of accepted.toLowerCase().split(",").slice(0, 32)) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const primary = tag.split("-")[0] ?? "";
    const language = tag === "*" ? fallback : languages.find((known) => known === primary);
    if (language !== undefined && weight > found.weight) found = { language, weight };
  }
  return found.language;
}

export default definePhases({
  newCtx: () => ({ language: fallback }),

  requestFilter({ request }, ctx) {
    ctx.language = best(request.headers.get("accept-language") ?? "");
  },

  upstreamPeer: (_session, ctx) => ctx.language,

  responseFilter({ response }, ctx) {
    response.headers.append("vary", "Accept-Language");
    if (!response.headers.has("content-language")) {
      response.headers.set("content-language", ctx.language);
    }
  },
});
