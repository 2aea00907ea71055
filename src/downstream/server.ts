// The near side of a worker: its listeners, its connections, and where each request begins.
// Requests that cannot become an exchange (not valid, no such host) are answered here.

import type { Socket } from "node:net";
import type { SluiceError } from "../base/errors.ts";
import { within } from "../base/within.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import { AddressCounts } from "./address-counts.ts";
import { type Beginning, beginServing } from "./begin.ts";
import { BeginQueue } from "./begin-queue.ts";
import { plainAddress } from "./client-chain.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { Clients, type ClientsOwner, type ConnectionsBound } from "./clients.ts";
import type { ClientConnection } from "./connection.ts";
import type { ConnectionOptions } from "./connection-owner.ts";
import type { Forwarder } from "./forwarded.ts";
import { type Bound, type ListenAt, Listeners } from "./listeners.ts";
import { type OverloadBounds, OverloadGate } from "./overload.ts";
import { type OverloadNews, watchOverload } from "./overload-signals.ts";
import { type Arrival, ProxiedFront } from "./proxied/front.ts";
import { refuse } from "./refuse.ts";
import type { Refusal, ServeContext } from "./serve-context.ts";
import { shed } from "./shed.ts";
import { TlsFront, type TlsOptions } from "./tls/front.ts";

export interface ServerOptions {
  readonly context: ServeContext;
  readonly connection: ConnectionOptions;
  readonly forwarder: Forwarder;
  readonly connections: ConnectionsBound;
  /** Whether the listener with that place in the configuration speaks HTTP/2 too. */
  readonly http2: (listener: number) => boolean;
  readonly tls: TlsOptions;
  /** Whether that address says with a PROXY header, on that listener, whose a connection is. */
  readonly isProxied: (listener: number, address: string) => boolean;
  /** Connections of one address; 0: any. */
  readonly connectionsPerAddress: number;
  readonly overload: OverloadBounds;
  /** A share of requests is shed from now on, or none any more. */
  readonly overloaded: (news: OverloadNews) => void;
  /** A client's connection was closed unanswered. */
  readonly dropped: (reason: DropReason, address: string) => void;
}

/** No room at all, too many of its address, too many handshakes of it, or too much to do. */
export type DropReason = "full" | "address" | "handshakes" | "overload";

export class DownstreamServer implements ClientsOwner {
  /** Requests under way, and those of them that hold a ctx. */
  requests = 0;
  liveCtx = 0;
  #options: ServerOptions;
  #beginning: Beginning;
  readonly clients: Clients;
  readonly gate = new OverloadGate();
  readonly #watch: Disposable;
  readonly #listeners = new Listeners((socket, at) => this.#accept(socket, at));
  readonly tls = new TlsFront({
    connected: (accepted) => this.clients.connected(accepted, this.#options, false),
    dropped: (reason, address) => this.#options.dropped(reason, address),
    left: () => this.#checkIdle(),
  });
  readonly queue = new BeginQueue(
    () => this.requests,
    () => this.gate.sheds(),
  );
  readonly #addresses = new AddressCounts();
  readonly proxied = new ProxiedFront({
    arrived: (socket, arrival, listener) => this.#admit(socket, arrival, listener),
    refused: (refusal) => this.refused(refusal),
    left: () => this.#checkIdle(),
  });
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#beginning = this.#beginningBy(options);
    this.clients = new Clients(this);
    this.gate.bounds = options.overload;
    this.#watch = watchOverload({
      gate: this.gate,
      requests: () => this.requests,
      waitMs: () => this.queue.waitMs,
      told: (news) => this.#options.overloaded(news),
    });
  }

  /** From now on: connections and requests that begin later have these. */
  configure(options: ServerOptions): void {
    this.#options = options;
    this.#beginning = this.#beginningBy(options);
    this.gate.bounds = options.overload;
  }

  #beginningBy({ context, forwarder, tls: { challenges } }: ServerOptions): Beginning {
    const { bodyBytesMax } = context;
    const deciding = { challenges, forwarder, bodyBytesMax };
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
    this.clients.drain(graceMs > 0);
    if (graceMs > 0) await within(graceMs, this.drained());
    this.proxied.end();
    this.tls.end();
    this.clients.drain(false);
  }

  /** Resolves when the last exchange is over, tunnels among them. */
  async drained(): Promise<void> {
    this.#idle ??= Promise.withResolvers();
    this.#checkIdle();
    await this.#idle.promise;
  }

  #checkIdle(): void {
    if (this.#idle === null) return; // as it is after nearly every request
    if (this.clients.size + this.#onTheirWay() + this.requests === 0) this.#idle.resolve();
  }

  /** Ends whatever is left, at once. Tunnels are their tenants' to end. */
  end(): void {
    this.#watch[Symbol.dispose]();
    this.#listeners.close();
    this.proxied.end();
    this.tls.end();
    this.clients.abort();
  }

  #accept(socket: Socket, listener: number): void {
    const options = this.#options;
    const { remoteAddress } = socket;
    // a client that has reset its connection by now has no address: what it sent is nobody's
    if (remoteAddress === undefined) return void socket.destroy();
    const address = plainAddress(remoteAddress);
    if (!this.clients.hasRoom(this.#onTheirWay(), options.connections.max)) {
      socket.destroy();
      options.dropped("full", address);
    } else if (options.isProxied(listener, address)) this.proxied.accept(socket, listener);
    else this.#admit(socket, null, listener);
  }

  /** Sockets of which it is not known yet whose they are. */
  #onTheirWay(): number {
    return this.proxied.size + this.tls.size;
  }

  #admit(socket: Socket, arrival: Arrival | null, listener: number): void {
    const options = this.#options;
    const contexts = options.tls.contextsOf(listener);
    const isHttp2 = options.http2(listener);
    const address = plainAddress(
      arrival?.header.ends?.source.address ?? socket.remoteAddress ?? "",
    );
    const max = options.connectionsPerAddress;
    const isCounted = max > 0 && !options.forwarder.trusts(address);
    const seat = isCounted ? this.#addresses.enter(address, max) : null;
    if (isCounted && seat === null) {
      const accepted = { socket, secure: null, arrival };
      if (contexts === null && this.clients.refuseOne(accepted, options)) return;
      socket.destroy();
      options.dropped("address", address);
    } else if (contexts !== null && this.gate.refusesHandshakes) {
      seat?.giveBack();
      socket.destroy();
      options.dropped("overload", address);
    } else if (contexts !== null) {
      this.tls.accept(socket, contexts, { tls: options.tls, isHttp2, arrival, seat });
    } else this.clients.connected({ socket, secure: null, arrival, seat }, options, isHttp2);
  }

  /** One connection less. */
  left(): void {
    this.#checkIdle();
  }

  begin(client: ClientStream, head: RequestHead, isShed: boolean): RequestHandler | null {
    if (isShed && this.#shed(client, head)) return null;
    const serving = beginServing(client, head, this.#beginning);
    this.requests++;
    if (hasScript(serving.exchange)) this.liveCtx++;
    serving.start();
    return serving;
  }

  /** False: it is an authority's, which asks no second time. */
  #shed(client: ClientStream, head: RequestHead): boolean {
    const { context, deciding } = this.#beginning;
    const { challenges, forwarder } = deciding;
    if (challenges.answer(head) !== null) return false;
    const { reason } = this.gate;
    this.refused(shed(client, head, { route: context.route, forwarder, reason }));
    return true;
  }

  refuse(connection: ClientConnection, error: SluiceError): void {
    this.refused(refuse(connection, error));
  }

  refused(refusal: Refusal): void {
    this.#options.context.refused(refusal);
  }
}

const hasScript = ({ deployment, outer }: Exchange): boolean =>
  deployment !== null || outer !== null;
