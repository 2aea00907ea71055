// After a 101: bytes both ways, untouched, until either side ends. Half-closes are passed on; a side
// that breaks takes the other with it.

import type { Socket } from "node:net";

export interface TunnelEnd {
  readonly socket: Socket;
  /** What this side had sent before the tunnel stood. */
  readonly head: Buffer;
}

/** `done` gets the bytes that went up and down, once. */
export function tunnel(
  client: TunnelEnd,
  upstream: TunnelEnd,
  done: (received: number, sent: number) => void,
): void {
  const before = { up: upstream.socket.bytesWritten, down: client.socket.bytesWritten };
  let open = 2;
  const closed = (): void => {
    if (--open > 0) return;
    done(upstream.socket.bytesWritten - before.up, client.socket.bytesWritten - before.down);
  };
  pass(client, upstream.socket, closed);
  pass(upstream, client.socket, closed);
}

function pass(from: TunnelEnd, to: Socket, closed: () => void): void {
  from.socket.setTimeout(0);
  if (from.head.length > 0) to.write(from.head);
  from.socket.on("error", () => to.destroy());
  from.socket.on("close", () => {
    to.destroy();
    closed();
  });
  from.socket.pipe(to);
  from.socket.resume();
}
