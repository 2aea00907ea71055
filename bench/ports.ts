// Free ports below the range from which the kernel takes those of outgoing connections: a port
// taken from there could be gone again, as the client's own, before the contestant listens on it.

import { createServer } from "node:net";

const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/** Hands out each port once, so that a contestant never meets the one before it in TIME_WAIT. */
export class Ports {
  #next = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

  async take(): Promise<number> {
    for (let tries = FIRST_PORT; tries <= LAST_PORT; tries += 1) {
      const port = this.#next;
      this.#next = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (await isFree(port)) return port;
    }
    throw new Error(`Cannot find a free port: expected one from ${FIRST_PORT} to ${LAST_PORT}.`);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
