// Error pages: what the proxy cannot serve is told as JSON to programs and as a page to people,
// with the request's id to quote in a report. The cause stays in the log.

import { definePhases, type SessionError } from "sluice";

const TEXTS: Readonly<Record<SessionError["blame"], string>> = {
  downstream: "This request cannot be served.",
  upstream: "The service behind this address does not answer.",
  script: "Something went wrong on our side.",
  internal: "Something went wrong on our side.",
};

/** Ids hold letters, digits and -._~ only, and codes are ours: nothing here needs escaping. */
const page = (text: string, { code }: SessionError, id: string): string => `<!doctype html>
<html lang="en">
  <title>${text}</title>
  <h1>${text}</h1>
  <p>Please try again later. Code <code>${code}</code>, request <code>${id}</code>.</p>
</html>
`;

export default definePhases({
  failToProxy({ error, id, request }) {
    const { code, status, blame } = error;
    if (status === 0) return undefined; // the client is gone
    const text = TEXTS[blame];
    const headers = new Headers({ "cache-control": "no-store", vary: "accept" });
    if (status === 503) headers.set("retry-after", "5");
    const wantsPage = request.headers.get("accept")?.includes("text/html") ?? false;
    if (!wantsPage) return Response.json({ error: text, code, id }, { status, headers });
    headers.set("content-type", "text/html; charset=utf-8");
    return new Response(page(text, error, id), { status, headers });
  },
});
