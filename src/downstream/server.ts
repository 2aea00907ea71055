// The near side of a worker: its listeners, its connections, and where each request begins.
// Requests that cannot become an exchange (not valid, no such host) are answered here.

import type { Socket } from "node:net";
import { epochMs } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { within } from "../base/within.ts";
import { CHUNKED } from "../http1/framing.ts";
import type { RequestHead } from "../http1/messages.ts";
import { Exchange } from "../phases/exchange.ts";
import { admit } from "./admit.ts";
import type { Accepted } from "./client-socket.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { ClientConnection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner } from "./connection-owner.ts";
import { type DecideOptions, decide } from "./decide.ts";
import { ALLOWED } from "./error-page.ts";
import { type Forwarder, isLastHop, ownOf } from "./forwarded.ts";
import { type Bound, type ListenAt, Listeners } from "./listeners.ts";
import { NOBODY } from "./nobody.ts";
import { PeerChoice } from "./peer-choice.ts";
import { refuse } from "./refuse.ts";
import { Serving } from "./serve.ts";
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
  #context: ServeContext;
  #deciding: DecideOptions;
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
    this.#context = this.#counted(options.context);
    this.#deciding = decidingBy(options);
  }

  /** From now on: connections and requests that begin later have these. */
  configure(options: ServerOptions): void {
    this.#options = options;
    this.#context = this.#counted(options.context);
    this.#deciding = decidingBy(options);
  }

  #counted(context: ServeContext): ServeContext {
    const { logged } = context;
    return {
      ...context,
      logged: (exchange) => {
        this.requests--;
        if (exchange.deployment !== null) this.liveCtx--;
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
    const { sender } = client;
    const context = this.#context;
    const tenant = context.route(head.host);
    const forwarding = this.#deciding.forwarder.forward(head, sender);
    const { clientAddress } = forwarding;
    const decision = decide(tenant, head, forwarding, this.#deciding);
    const { route } = decision;
    const answer = decision.error === null && isLastHop(head) ? OPTIONS_ANSWER : decision.answer;
    // what is refused or answered here gets no ctx, so no hook may run for it
    const isServed = tenant !== null && decision.error === null && answer === null;
    const admitted = isServed ? admit(tenant, head, clientAddress) : null;
    const refusal = admitted instanceof SluiceError ? admitted : decision.error;
    const own = ownOf(sender, head);
    const isSender = clientAddress === sender.address;
    const owner = tenant ?? NOBODY;
    const exchange = new Exchange({
      id: forwarding.id,
      startMs: epochMs(),
      client: isSender ? sender : { address: clientAddress, port: 0, tlsText: sender.tlsText },
      minor: head.minor,
      host: head.host,
      authority: head.host === "" ? sender.localAuthority : head.host,
      tenant: tenant?.name ?? "",
      meter: tenant?.meter ?? null,
      deployment: admitted instanceof SluiceError ? null : admitted,
      method: head.method,
      target: head.target,
      headers: forwarding.headers,
      states: own?.states ?? null,
      transport: context.transport,
      reach: owner,
      mayHaveTrailers: head.contentLength === CHUNKED || head.acceptsTrailers,
    });
    this.requests++;
    if (exchange.deployment !== null) this.liveCtx++;
    const { holders } = owner;
    holders.enter();
    const choice = new PeerChoice(owner, route?.group ?? null);
    const serving = new Serving({
      context,
      client,
      head,
      exchange,
      choice,
      logins: own?.logins ?? null,
      tenant: owner,
      holders,
      route,
    });
    if (refusal !== null) serving.endWithError(refusal);
    else if (answer !== null) serving.startWithAnswer(answer);
    else serving.start();
    return serving;
  }

  refuse(connection: ClientConnection, error: SluiceError): void {
    this.#options.context.refused(refuse(connection, error));
  }
}

/** To an OPTIONS request whose Max-Forwards ends here (RFC 9110 section 7.6.2). */
const OPTIONS_ANSWER = { status: 204, headers: `Allow: ${ALLOWED}\r\n`, body: Buffer.alloc(0) };

const decidingBy = ({ forwarder, context }: ServerOptions): DecideOptions => ({
  forwarder,
  bodyBytesMax: context.bodyBytesMax,
});
