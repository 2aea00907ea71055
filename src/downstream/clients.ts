// The client connections of a worker, whatever they speak: how many there are, which protocol each
// gets, and how all of them end.

import type { Socket } from "node:net";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { BeginQueue } from "./begin-queue.ts";
import { type Accepted, ClientSocket } from "./client-socket.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner, ServedConnection } from "./connection-owner.ts";
import { FirstBytes, type FirstBytesOwner } from "./first-bytes.ts";
import type { Forwarder } from "./forwarded.ts";
import { Http2Connection, type Http2Owner } from "./http2/connection.ts";
import type { Refusal } from "./serve-context.ts";

/** How many clients may be connected, and what says so: an operator must know where to look. */
export interface ConnectionsBound {
  readonly max: number;
  readonly name: "limits.connections" | "ulimit -n";
}

const overloaded = ({ max, name }: ConnectionsBound): SluiceError =>
  new SluiceError("overloaded", `over ${max} connections (${name})`);

export interface ClientsOptions {
  readonly connection: ConnectionOptions;
  readonly forwarder: Forwarder;
  readonly connections: ConnectionsBound;
}

export interface ClientsOwner {
  readonly queue: BeginQueue;
  begin(stream: ClientStream, head: RequestHead, isShed: boolean): RequestHandler | null;
  /** A head that is not valid, or did not come in time: to be answered, then `refused`. */
  refuse(connection: ClientConnection, error: SluiceError): void;
  refused(refusal: Refusal): void;
  /** One connection less. */
  left(): void;
}

export class Clients implements ConnectionOwner<ClientConnection>, Http2Owner, FirstBytesOwner {
  /** Connections since the start. */
  accepted = 0;
  readonly #owner: ClientsOwner;
  readonly #open = new Set<ServedConnection>();
  /** Connections beyond those, until they have heard so. */
  readonly #turnedAway = new Set<ServedConnection>();
  /** Connections that have become tunnels. */
  #tunnels = 0;
  #isDraining = false;
  #hasGrace = false;

  constructor(owner: ClientsOwner) {
    this.#owner = owner;
  }

  /** Tunnels among them. */
  get count(): number {
    return this.#open.size + this.#tunnels;
  }

  /** Those that a request may still come from, or an answer still goes to. */
  get size(): number {
    return this.#open.size + this.#turnedAway.size;
  }

  /** Whether one more may come, if only to be turned away. */
  hasRoom(handshakes: number, max: number): boolean {
    const beyond = this.count + handshakes - max;
    return beyond + this.#turnedAway.size < LIMITS.turnedAwayConnections;
  }

  /** @param mayBeHttp2  its first bytes tell */
  connected(accepted: Accepted, options: ClientsOptions, mayBeHttp2: boolean): void {
    const sender = new ClientSocket(accepted);
    if (options.forwarder.trusts(sender.address)) sender.own = null;
    const { connections } = options;
    if (this.count >= connections.max) this.#turnAway(sender, options, overloaded(connections));
    else if (mayBeHttp2) this.#add(new FirstBytes(sender, this, options.connection));
    else this.#add(this.#connectionOf(sender, options.connection, sender.hasAgreedOnHttp2));
    // with TLS they were the handshake's
    const early = accepted.secure === null ? accepted.arrival?.early : undefined;
    if (early !== undefined && early.length > 0) sender.listener.onData(early);
  }

  /** They take no further request, or with `hasGrace` one more. */
  drain(hasGrace: boolean): void {
    this.#isDraining = true;
    this.#hasGrace = hasGrace;
    for (const connection of [...this.#open]) connection.drain(hasGrace);
  }

  abort(): void {
    for (const connection of [...this.#open, ...this.#turnedAway]) connection.abort();
  }

  /** Its address has too many. False: too many are being told so, and it is closed unanswered. */
  refuseOne(accepted: Accepted, options: ClientsOptions): boolean {
    if (this.#turnedAway.size >= LIMITS.turnedAwayConnections) return false;
    const text = "the client's address has as many connections as it may have";
    const error = new SluiceError("too_many_requests", text);
    this.#turnAway(new ClientSocket(accepted), options, error);
    return true;
  }

  /** There is no room: it is told so, and closed. */
  #turnAway(
    sender: ClientSocket,
    { connection: options }: ClientsOptions,
    error: SluiceError,
  ): void {
    const connection = this.#connectionOf(sender, options, sender.hasAgreedOnHttp2);
    this.#turnedAway.add(connection);
    connection.turnAway(error);
  }

  #connectionOf(
    sender: ClientSocket,
    options: ConnectionOptions,
    isHttp2: boolean,
  ): ServedConnection {
    return isHttp2
      ? new Http2Connection(sender, this, options)
      : new ClientConnection(sender, this, options);
  }

  #add(connection: ServedConnection): void {
    this.#open.add(connection);
    this.accepted += 1;
    if (this.#isDraining) connection.drain(this.#hasGrace);
  }

  // What connections tell.

  get queue(): BeginQueue {
    return this.#owner.queue;
  }

  begin(stream: ClientStream, head: RequestHead, isShed: boolean): RequestHandler | null {
    return this.#owner.begin(stream, head, isShed);
  }

  refuse(connection: ClientConnection, error: SluiceError): void {
    this.#owner.refuse(connection, error);
  }

  refused(refusal: Refusal): void {
    this.#owner.refused(refusal);
  }

  told(first: FirstBytes, bytes: Buffer, isHttp2: boolean): void {
    this.#open.delete(first);
    this.accepted -= 1;
    this.#add(this.#connectionOf(first.sender, first.options, isHttp2));
    first.sender.listener.onData(bytes);
  }

  closed(connection: ServedConnection): void {
    if (!this.#open.delete(connection)) this.#turnedAway.delete(connection);
    connection.sender.seat?.giveBack();
    this.#owner.left();
  }

  detached(connection: ClientConnection, socket: Socket): void {
    this.#tunnels++;
    const { seat } = connection.sender;
    connection.sender.seat = null;
    socket.once("close", () => {
      this.#tunnels--;
      seat?.giveBack();
    });
    this.closed(connection);
  }
}
