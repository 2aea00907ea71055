// Gives undici the socket of its one connection, so that undici opens none itself.

import type { Socket } from "node:net";
import type { buildConnector } from "undici";

/** Hands the socket to undici once. A second call means that it is gone: we do not reconnect. */
export function presetSocket(socket: Socket): buildConnector.connector {
  let isTaken = false;
  return (_options, callback) => {
    const isFirst = !isTaken;
    isTaken = true;
    // Not at once: undici does not look again at its queue if its connector answers synchronously.
    if (isFirst) process.nextTick(() => callback(null, socket));
    else process.nextTick(() => callback(new Error("the connection has ended"), null));
  };
}
