// The listening sockets of one worker. Accepted connections go to the owner.

import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../base/config/address.ts";
import { descriptorOf } from "../base/descriptor.ts";

/**
 * An address, with a listener of each worker's own (SO_REUSEPORT), or a descriptor that is there.
 */
export type ListenAt =
  | (Pick<Address, "host" | "port"> & { readonly reusePort: boolean })
  | { readonly fd: number };

export interface Bound {
  readonly host: string;
  readonly port: number;
  /** Number of the listener's descriptor; -1: the platform has none. */
  readonly fd: number;
}

export class Listeners {
  readonly #accept: (socket: Socket, listener: number) => void;
  readonly #servers: Server[] = [];
  #isClosed = false;

  constructor(accept: (socket: Socket, listener: number) => void) {
    this.#accept = accept;
  }

  /**
   * Accepts connections there. The descriptor is this thread's alone: nobody else accepts on it.
   *
   * @param listener  its place in the configuration
   */
  async open(at: ListenAt, listener: number): Promise<Bound> {
    const server = createServer(ACCEPTED, (socket) => this.#accept(socket, listener));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ ...at, backlog: BACKLOG }, resolve);
    });
    if (this.#isClosed) {
      // the worker was told to end meanwhile
      server.close();
      throw new Error("this worker ends");
    }
    server.on("error", () => {}); // accept failed (EMFILE): libuv tries again with the next client
    this.#servers.push(server);
    const bound = server.address();
    if (typeof bound !== "object" || bound === null) throw new TypeError("a listener has a port");
    return { host: bound.address, port: bound.port, fd: descriptorOf(server) };
  }

  close(): void {
    this.#isClosed = true;
    for (const server of this.#servers.splice(0)) server.close();
  }
}

/** Not read before its connection has put a tap on it. */
const ACCEPTED = { allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true };

/** As nginx has it; the kernel caps it with net.core.somaxconn. */
const BACKLOG = 4096;
