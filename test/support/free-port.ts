// A port on 127.0.0.1 that is free, and that no other test is given. For what must be told its port
// beforehand, and for a peer where nobody listens; everything else listens on port 0.

import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below what the system gives out by itself: neither a server on port 0 nor a connection of a test
 * that runs beside this one can take it, nor can a connect to it meet itself.
 */
const FIRST = 12_000;
const LAST = 29_999;

/** A process has so many of them to give out; who listens on the first of them has the others. */
const SLICE = 100;
const SLICES = Math.floor((LAST - FIRST + 1) / SLICE);

let slice: Promise<number> | null = null;
let given = 0;

export async function freePort(): Promise<number> {
  slice ??= takeSlice();
  const first = await slice;
  for (;;) {
    const port = first + 1 + (given++ % (SLICE - 1));
    const server = await listening(port);
    if (server === null) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

/** Until the end of this process, which does not wait for it. */
async function takeSlice(): Promise<number> {
  for (;;) {
    const first = FIRST + SLICE * Math.floor(Math.random() * SLICES);
    const keeper = await listening(first);
    keeper?.unref();
    if (keeper !== null) return first;
  }
}

/** Null: the port is not free. */
async function listening(port: number): Promise<Server | null> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  } catch {
    return null;
  }
}
