// Whether the redirects that a request which is explained is answered with lead back to where they
// began: each is followed as a browser would, as far as this proxy answers it.

import { LIMITS } from "../../base/limits.ts";
import type { ExplainedRequest, Explanation } from "../../control/api/explain.ts";
import { redirectedMethod } from "../../fetch/redirects.ts";

type Explain = (request: ExplainedRequest) => Promise<Explanation>;

/** In words; null: they end somewhere, or elsewhere. */
export async function redirectLoop(
  request: ExplainedRequest,
  told: Explanation,
  explain: Explain,
): Promise<string | null> {
  const seen = new Set([nameOf(request)]);
  let [at, answer] = [request, told];
  for (let followed = 1; followed <= LIMITS.explainedRedirects; followed++) {
    const next = followingOf(at, answer);
    if (next === null) return null;
    if (seen.has(nameOf(next))) {
      return `a client that follows it comes back to ${next.url}: ${timesText(followed)}, for ever`;
    }
    seen.add(nameOf(next));
    [at, answer] = [next, await explain(next)];
  }
  if (followingOf(at, answer) === null) return null;
  return `a client that follows it gives up: ${timesText(LIMITS.explainedRedirects)}, and no end`;
}

const nameOf = ({ method, url }: ExplainedRequest): string => `${method} ${new URL(url).href}`;

const timesText = (times: number): string => (times === 1 ? "1 redirect" : `${times} redirects`);

/** Null: there is nothing to follow. */
function followingOf(request: ExplainedRequest, { end }: Explanation): ExplainedRequest | null {
  const location = end?.location ?? null;
  const method = redirectedMethod(request.method, end?.status ?? 0);
  if (location === null || method === null || !URL.canParse(location, request.url)) return null;
  const url = new URL(location, request.url);
  if (!/^https?:$/.test(url.protocol)) return null;
  url.hash = "";
  // the host is the one of the new URL
  const own = Object.entries(request.headers).filter(([name]) => !/^host$/i.test(name));
  return { ...request, method, url: url.href, headers: Object.fromEntries(own) };
}
