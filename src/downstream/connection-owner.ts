// What a client connection needs from its owner: who begins its requests and answers invalid ones,
// and which times and sizes it keeps to. `server.ts` is the owner.

import type { Socket } from "node:net";
import type { Deadlines } from "../base/clock.ts";
import type { SluiceError } from "../base/errors.ts";
import type { CodecLimits } from "../http1/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { AddressSeat } from "./address-counts.ts";
import type { BeginQueue } from "./begin-queue.ts";
import type { ClientOwn } from "./client-own.ts";
import type { ClientSender, ClientStream, RequestHandler } from "./client-stream.ts";

export interface ConnectionOwner<Connection> {
  readonly queue: BeginQueue;
  /**
   * The exchange may be over when this returns.
   *
   * @param isShed  there is too much to do: it is refused at once, and null returned
   */
  begin(stream: ClientStream, head: RequestHead, isShed: boolean): RequestHandler | null;
  /** A head that is not valid, or did not come in time: to be answered, then `refused`. */
  refuse(connection: Connection, error: SluiceError): void;
  closed(connection: Connection): void;
  /** Its socket is somebody else's now: a tunnel's. */
  detached(connection: Connection, socket: Socket): void;
}

/** A client's connection, whatever it speaks, as its server has it. */
export interface ServedConnection {
  readonly sender: ClientSender & { own: ClientOwn | null; seat: AddressSeat | null };
  /** Without `hasGrace` it takes no further request. */
  drain(hasGrace: boolean): void;
  /** There is no room for it: it is told so, and closed. */
  turnAway(error: SluiceError): void;
  abort(): void;
}

export interface ConnectionOptions {
  readonly deadlines: Deadlines;
  readonly codec: CodecLimits;
  readonly headMs: number;
  /** The least of a body that a client must send, on average; 0: any. */
  readonly bodyBytesPerSecond: number;
  readonly keepAliveMs: number;
  readonly clientWriteMs: number;
  /** The least of an answer that a client must take, on average; 0: any. */
  readonly responseBytesPerSecond: number;
}
