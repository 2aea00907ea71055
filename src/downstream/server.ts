// The near side of a worker: its listeners, its connections, and where each request begins.
// Requests that cannot become an exchange (not valid, no such host) are answered here.

import type { Socket } from "node:net";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { within } from "../base/within.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import { type Beginning, beginServing } from "./begin.ts";
import type { Accepted } from "./client-socket.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner } from "./connection-owner.ts";
import type { Forwarder } from "./forwarded.ts";
import { type Bound, type ListenAt, Listeners } from "./listeners.ts";
import { refuse } from "./refuse.ts";
import type { ServeContext } from "./serve-context.ts";
import { TlsFront, type TlsOptions } from "./tls/front.ts";

/** How many clients may be connected, and what says so: an operator must know where to look. */
export interface ConnectionsBound {
  readonly max: number;
  readonly name: "limits.connections" | "ulimit -n";
}

export interface ServerOptions {
  readonly context: ServeContext;
  readonly connection: ConnectionOptions;
  readonly forwarder: Forwarder;
  readonly connections: ConnectionsBound;
  readonly tls: TlsOptions;
}

export class DownstreamServer implements ConnectionOwner<ClientConnection> {
  /** Requests under way, and those of them that hold a ctx. */
  requests = 0;
  liveCtx = 0;
  #options: ServerOptions;
  #beginning: Beginning;
  readonly #connections = new Set<ClientConnection>();
  /** Connections beyond those, until they have heard so. */
  readonly #turnedAway = new Set<ClientConnection>();
  /** Connections that have become tunnels. */
  #tunnels = 0;
  /** Connections since the start. */
  accepted = 0;
  readonly #listeners = new Listeners((socket, at) => this.#accept(socket, at));
  readonly tls = new TlsFront({
    connected: (accepted) => this.#connected(accepted),
    left: () => this.#checkIdle(),
  });
  #isDraining = false;
  #hasGrace = false;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#beginning = this.#beginningBy(options);
  }

  /** From now on: connections and requests that begin later have these. */
  configure(options: ServerOptions): void {
    this.#options = options;
    this.#beginning = this.#beginningBy(options);
  }

  #beginningBy({ context, forwarder }: ServerOptions): Beginning {
    const deciding = { forwarder, bodyBytesMax: context.bodyBytesMax };
    return { context: this.#counted(context), deciding };
  }

  #counted(context: ServeContext): ServeContext {
    const { logged } = context;
    return {
      ...context,
      logged: (exchange) => {
        this.requests--;
        if (hasScript(exchange)) this.liveCtx--;
        logged(exchange);
        this.#checkIdle();
      },
    };
  }

  /** Of clients, tunnels among them. */
  get connections(): number {
    return this.#connections.size + this.#tunnels;
  }

  /** @param listener  its place in the configuration */
  listen(at: ListenAt, listener: number): Promise<Bound> {
    return this.#listeners.open(at, listener);
  }

  /**
   * No new connections. For `graceMs` those that are open may bring one more request, so that none
   * is lost on its way. Resolves when no request begins any more.
   */
  async close(graceMs: number): Promise<void> {
    this.#listeners.close();
    this.#drainConnections(graceMs > 0);
    if (graceMs > 0) await within(graceMs, this.drained());
    this.#drainConnections(false);
  }

  /** Resolves when the last exchange is over, tunnels among them. */
  async drained(): Promise<void> {
    this.#idle ??= Promise.withResolvers();
    this.#checkIdle();
    await this.#idle.promise;
  }

  #drainConnections(hasGrace: boolean): void {
    this.#isDraining = true;
    this.#hasGrace = hasGrace;
    if (!hasGrace) this.tls.end();
    for (const connection of [...this.#connections]) connection.drain(hasGrace);
  }

  #checkIdle(): void {
    const open = this.#connections.size + this.#turnedAway.size + this.tls.size;
    if (open + this.requests === 0) this.#idle?.resolve();
  }

  /** Ends whatever is left, at once. Tunnels are their tenants' to end. */
  end(): void {
    this.#listeners.close();
    this.tls.end();
    for (const connection of [...this.#connections, ...this.#turnedAway]) connection.abort();
  }

  #accept(socket: Socket, listener: number): void {
    // a client that has reset its connection by now has no address: what it sent is nobody's
    const isGone = socket.remoteAddress === undefined;
    const beyond = this.connections + this.tls.size - this.#options.connections.max;
    if (isGone || beyond + this.#turnedAway.size >= LIMITS.turnedAwayConnections) {
      socket.destroy();
      return;
    }
    const contexts = this.#options.tls.contextsOf(listener);
    if (contexts === null) this.#connected({ socket, secure: null });
    else this.tls.accept(socket, contexts, this.#options.tls);
  }

  #connected(accepted: Accepted): void {
    const isFull = this.connections >= this.#options.connections.max;
    const connection = new ClientConnection(accepted, this, this.#options.connection);
    if (isFull) return this.#turnAway(connection);
    if (this.#options.forwarder.trusts(connection.sender.address)) connection.sender.own = null;
    this.#connections.add(connection);
    this.accepted += 1;
    if (this.#isDraining) connection.drain(this.#hasGrace);
  }

  /** There is no room: it is told so, and closed. */
  #turnAway(connection: ClientConnection): void {
    const { max, name } = this.#options.connections;
    this.#turnedAway.add(connection);
    this.refuse(connection, new SluiceError("overloaded", `over ${max} connections (${name})`));
  }

  closed(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) this.#turnedAway.delete(connection);
    this.#checkIdle();
  }

  detached(connection: ClientConnection, socket: Socket): void {
    this.#tunnels++;
    socket.once("close", () => this.#tunnels--);
    this.closed(connection);
  }

  begin(client: ClientStream, head: RequestHead): RequestHandler {
    const serving = beginServing(client, head, this.#beginning);
    this.requests++;
    if (hasScript(serving.exchange)) this.liveCtx++;
    serving.start();
    return serving;
  }

  refuse(connection: ClientConnection, error: SluiceError): void {
    this.#options.context.refused(refuse(connection, error));
  }
}

const hasScript = ({ deployment, outer }: Exchange): boolean =>
  deployment !== null || outer !== null;
