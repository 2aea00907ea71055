// After a 101: bytes both ways, untouched, until either side ends. Half-closes are passed on; a
// side that breaks takes the other with it. The proxy itself may end it: a WebSocket with a close
// frame between two frames of the upstream's, anything else with the end of what the client is
// sent.

import type { Socket } from "node:net";
import { LIMITS } from "../base/limits.ts";
import { FrameEnds } from "./frame-ends.ts";
import type { Closable } from "./holders.ts";

export interface TunnelEnd {
  readonly socket: Socket;
  /** What this side had sent before the tunnel stood. */
  readonly head: Buffer;
}

export interface TunnelEnds {
  readonly client: TunnelEnd;
  readonly upstream: TunnelEnd;
}

export interface TunnelOptions {
  /** Else nobody knows where a frame ends. */
  readonly isWebSocket: boolean;
  readonly times?: TunnelTimes;
}

export interface TunnelTimes {
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** For a side to take what is on its way to it, once the other is closed. */
  readonly endMs: number;
}

const TIMES: TunnelTimes = { idleMs: LIMITS.tunnelIdleMs, endMs: LIMITS.tunnelEndMs };

/** An unmasked close frame with the status 1012, "service restart": the client may come again. */
const RESTART_FRAME = Buffer.from([0x88, 0x02, 0x03, 0xf4]);

/** `done` gets the bytes that went up and down, once. */
export function tunnel(
  { client, upstream }: TunnelEnds,
  done: (received: number, sent: number) => void,
  { isWebSocket, times = TIMES }: TunnelOptions,
): Closable {
  const before = { up: upstream.socket.bytesWritten, down: client.socket.bytesWritten };
  const ending = new Ending(client.socket, upstream, isWebSocket);
  let open = 2;
  const closed = (): void => {
    if (--open > 0) return;
    ending.over();
    done(upstream.socket.bytesWritten - before.up, client.socket.bytesWritten - before.down);
  };
  pass(client, upstream.socket, { times, closed });
  pass(upstream, client.socket, { times, closed });
  return ending;
}

function pass(from: TunnelEnd, to: Socket, { times, closed }: Passing): void {
  from.socket.setTimeout(times.idleMs, () => from.socket.destroy());
  if (from.head.length > 0) to.write(from.head);
  from.socket.on("error", () => to.destroy());
  from.socket.on("close", () => {
    // After an orderly end, what this side has sent may still be on its way to the other.
    if (to.writableEnded) to.setTimeout(times.endMs);
    else to.destroy();
    closed();
  });
  from.socket.pipe(to);
  from.socket.resume();
}

interface Passing {
  readonly times: TunnelTimes;
  readonly closed: () => void;
}

/** Ends a tunnel as a server would: close frame of a WebSocket, time for the client's, end. */
class Ending implements Closable {
  readonly #client: Socket;
  readonly #upstream: Socket;
  /** Null: it has no frames. */
  readonly #frames: FrameEnds | null;
  #timer: NodeJS.Timeout | undefined;
  #hasSaid = false;

  constructor(client: Socket, upstream: TunnelEnd, isWebSocket: boolean) {
    this.#client = client;
    this.#upstream = upstream.socket;
    this.#frames = isWebSocket ? new FrameEnds() : null;
    if (this.#frames === null) return;
    this.#frames.take(upstream.head);
    upstream.socket.on("data", this.#onData);
  }

  close(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.abort(), LIMITS.lingerMs);
    this.#upstream.unpipe(this.#client);
    if (this.#frames === null) this.#client.end();
    else if (this.#frames.isBetweenFrames) this.#say();
    this.#upstream.resume();
  }

  abort(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  over(): void {
    clearTimeout(this.#timer);
  }

  readonly #onData = (chunk: Buffer): void => {
    const end = this.#frames?.take(chunk) ?? -1;
    if (this.#timer === undefined || this.#hasSaid) return;
    this.#client.write(end === -1 ? chunk : chunk.subarray(0, end));
    if (end !== -1) this.#say();
  };

  /** The client's answer still goes up, so the upstream sees an orderly end too. */
  #say(): void {
    this.#hasSaid = true;
    this.#client.end(RESTART_FRAME);
  }
}
