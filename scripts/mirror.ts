// Sends a copy of each request to another group, behind the answer: clients wait for none of it,
// and what comes back is thrown away.
//
//     upstreams: { main: { peers: [origin:80] }, shadow: { peers: [candidate:80] } }

import { definePhases, log } from "sluice";

async function mirror(url: string, init: { method: string; headers: Headers; body?: string }) {
  const { status } = await fetch(url, { ...init, upstream: "shadow", redirect: "manual" });
  if (status >= 500) log.warn(`the shadow answered ${status}`);
}

export default definePhases({
  async requestFilter(session) {
    const { method, url, headers } = session.request;
    const copy = { method, headers: new Headers(headers) };
    if (method === "GET" || method === "HEAD") session.waitUntil(mirror(url, copy));
    else session.waitUntil(mirror(url, { ...copy, body: await session.request.text() }));
  },
});
