// The number of the descriptor behind a server or socket. Node has no public way to it, and a
// process that takes over from this one inherits its sockets by number.

import type { Server, Socket } from "node:net";

/** -1: it is not open, or the platform has no such numbers. */
export function descriptorOf(server: Server | Socket): number {
  const handle: unknown = "_handle" in server ? server._handle : null;
  if (typeof handle !== "object" || handle === null || !("fd" in handle)) return -1;
  return typeof handle.fd === "number" ? handle.fd : -1;
}
