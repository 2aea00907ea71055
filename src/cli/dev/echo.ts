// The upstream of `sluice dev` when there is no other: it answers with the request that it got, as
// JSON, so that one sees what the script made of it.

import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** Longer than the proxy keeps idle connections, so that it is never this end that closes one. */
const KEEP_ALIVE_MS = 120_000;

export interface Echo extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

export async function startEcho(): Promise<Echo> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) => {
    const { method, url, headers } = request;
    const body = await text(request).catch(() => null);
    if (body === null) return; // broken off: nobody waits for the answer
    response.setHeader("content-type", "application/json");
    response.end(`${JSON.stringify({ method, url, headers, body }, null, 2)}\n`);
  });
  const host = "127.0.0.1";
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("a listener has a port");
  return {
    host,
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
