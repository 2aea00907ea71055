// An origin for tests that care about what is asked and answered, and not about bytes.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";

export interface HttpOrigin extends AsyncDisposable {
  readonly address: string;
}

/** Listens on a port of its own; ends with all its connections. */
export async function httpOrigin(handle: RequestListener): Promise<HttpOrigin> {
  const server = createServer(handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    address: `127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
