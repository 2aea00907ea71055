// A port that is free on 127.0.0.1 now. For what must be told its port beforehand, and for a peer
// where nobody listens; everything else listens on port 0.

import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below what the system gives out by itself: neither a server on port 0 nor a connection of a test
 * that runs beside this one can take it, nor can a connect to it meet itself.
 */
const FIRST = 12_000;
const LAST = 29_999;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
