// An origin for tests that care about what is asked and answered, and not about bytes.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Duplex } from "node:stream";

export interface HttpOrigin extends AsyncDisposable {
  readonly address: string;
}

/**
 * Listens on a port of its own; ends with all its connections.
 *
 * @param upgraded  has the socket of a request that asks for another protocol
 */
export async function httpOrigin(
  handle: RequestListener,
  upgraded?: (socket: Duplex) => void,
): Promise<HttpOrigin> {
  // who keeps a connection finds it kept, however long the machine lets the next request wait
  const server = createServer({ keepAliveTimeout: 0 }, handle);
  const switched = new Set<Duplex>();
  if (upgraded !== undefined) {
    server.on("upgrade", (_request, socket) => {
      switched.add(socket);
      upgraded(socket);
    });
  }
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
      for (const socket of switched) socket.destroy();
      await closed;
    },
  };
}
