// A connection to a peer that undici speaks on: one Client on a socket that we opened, so that the
// pool, the timeouts, `served` and the facts are the same as for our own connections. undici's
// pools, timers and retries are not used. One request and its response are undici-exchange.ts.

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Client } from "undici";
import { type DeadlineItem, deadlineAfter } from "../base/clock.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { ExclusiveExchange, type ExclusiveLender } from "./exclusive-exchange.ts";
import type { UpstreamLimits } from "./limits.ts";
import type { PooledConnection } from "./pool.ts";
import { Rest } from "./rest.ts";
import { STATE, type State, type Surroundings } from "./surroundings.ts";
import type {
  ConnectionFacts,
  LoginKeeper,
  Peer,
  ResponseSink,
  UpstreamRequest,
} from "./transport.ts";
import { presetSocket } from "./undici-connector.ts";
import { UndiciExchange, type UndiciOwner } from "./undici-exchange.ts";
import { UndiciWire } from "./undici-wire.ts";

/** undici's own idle timer, which is set because it cannot be left out: longer than any of ours. */
const IDLE_FOREVER_MS = 2_147_483_647;

type Lender = PooledConnection & ExclusiveLender;

export class UndiciConnection implements Lender, DeadlineItem, UndiciOwner {
  readonly facts: ConnectionFacts;
  readonly socket: Socket;
  readonly limits: UpstreamLimits;
  readonly rest: Rest;
  lent: ExclusiveExchange | null = null;
  readonly hasRoom = false;
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #surroundings: Surroundings;
  readonly #client: Client;
  readonly #wire: UndiciWire;
  #state: State = STATE.READY;
  #sent = 0;
  #peer: Peer;
  #exchange: UndiciExchange | null = null;
  #isPaused = false;

  constructor(socket: Socket, facts: ConnectionFacts, surroundings: Surroundings) {
    this.facts = facts;
    this.rest = new Rest(surroundings.pool);
    this.#peer = facts.peer;
    this.socket = socket;
    this.#surroundings = surroundings;
    this.limits = surroundings.limits;
    // The name in the URL is never used: the socket is there, with TLS if the peer wants it, and
    // each request has its Host.
    this.#client = new Client("http://upstream.invalid", {
      connect: presetSocket(socket),
      pipelining: 1,
      allowH2: false,
      // Time is kept by our own deadlines, so that both transports keep it alike.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_FOREVER_MS,
      keepAliveMaxTimeout: IDLE_FOREVER_MS,
      keepAliveTimeoutThreshold: 0,
      maxHeaderSize: surroundings.limits.codec.headBytesMax,
    });
    this.#wire = new UndiciWire(socket, surroundings.limits.codec.headBytesMax);
    socket.on("error", ignore);
    socket.on("close", this.#onClose);
    surroundings.deadlines.add(this);
    surroundings.pool.admit(this);
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    if (this.#state === STATE.DEAD || this.socket.destroyed) return false;
    assert(this.#exchange === null, "a request on a connection that is busy");
    const exchange = new UndiciExchange(this, request, sink);
    this.#exchange = exchange;
    assert(this.#state === STATE.READY, "a request on a connection that is not ready");
    this.#state = STATE.BUSY;
    this.#sent++;
    this.rest.sending(request);
    this.#wire.begin(request.acceptsTrailers, exchange);
    exchange.dispatch(this.#client, this.#peer.idleTimeoutMs > 0);
    this.#arm();
    return true;
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== STATE.BUSY || this.#exchange === null) return true;
    if (!this.#exchange.write(chunk)) {
      this.#failAs("internal", "A request body is longer than announced");
      return true;
    }
    this.#arm();
    return !this.#exchange.isBlocked;
  }

  end(trailers: string): void {
    if (this.#state !== STATE.BUSY || this.#exchange === null) return;
    this.#wire.setTrailers(trailers);
    if (this.#exchange.end(trailers)) this.#arm();
    else this.#failAs("internal", "A request body is shorter than announced");
  }

  pause(): void {
    if (this.#state !== STATE.BUSY || this.#isPaused) return;
    this.#isPaused = true;
    this.deadlineMs = 0;
    this.#exchange?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#state !== STATE.BUSY) return;
    this.#exchange?.resume();
    this.#arm();
  }

  detach(): { socket: Socket; head: Buffer } {
    assert(this.#state === STATE.UPGRADED, "a detach without a 101");
    this.#exchange = null;
    this.socket.off("error", ignore);
    this.socket.off("close", this.#onClose);
    this.#wire.letGo();
    this.#leave(STATE.DETACHED);
    // What came behind the 101 was put back into the socket by undici.
    return { socket: this.socket, head: Buffer.alloc(0) };
  }

  release(): void {
    if (this.#state !== STATE.READY) return;
    // Before its first request nobody reads this socket, so that its end would go unseen.
    if (this.#sent === 0) this.destroy();
    else this.#beginRest();
  }

  destroy(): void {
    this.#exchange?.stop();
    this.#exchange = null;
    if (this.#state === STATE.DEAD || this.#state === STATE.DETACHED) return;
    this.#leave(STATE.DEAD);
    this.#client.destroy(null, ignore);
    this.socket.destroy();
  }

  isIdle(): boolean {
    return this.#state === STATE.RESTING && !this.socket.destroyed;
  }

  lend(peer: Peer, logins: LoginKeeper | null): ExclusiveExchange {
    this.rest.logins = logins;
    this.#state = STATE.READY;
    this.#peer = peer;
    this.deadlineMs = 0;
    this.lent = new ExclusiveExchange(this, this.#sent);
    return this.lent;
  }

  onDeadline(): void {
    if (this.#state === STATE.RESTING) this.destroy();
    else this.#failAs("upstream_timeout", `over ${this.#silenceMs} ms of silence`);
  }

  onProgress(): void {
    this.#arm();
  }

  onUpgraded(): void {
    this.#state = STATE.UPGRADED;
    this.deadlineMs = 0;
  }

  /** undici closes the socket, if it does, right after it has told of the end: we look then. */
  onResponseOver(): void {
    this.deadlineMs = 0;
    process.nextTick(finish, this);
  }

  onFailed(error: SluiceError): void {
    const sink = this.#exchange?.stop();
    this.destroy();
    if (error.code === "upstream_closed" && this.#sent > 1) this.rest.wasStale(this);
    sink?.onError(error);
  }

  finish(): void {
    const exchange = this.#exchange;
    if (exchange === null || this.#state !== STATE.BUSY) return;
    const { trailers, isReusable } = exchange;
    const sink = exchange.stop();
    this.#exchange = null;
    if (isReusable && !this.socket.destroyed) this.#beginRest();
    else this.destroy();
    sink?.onEnd(trailers);
  }

  #beginRest(): void {
    this.#state = STATE.RESTING;
    this.lent = null;
    this.#isPaused = false;
    const idleMs = this.rest.begin(this, this.#peer);
    if (idleMs === 0) return this.destroy();
    this.deadlineMs = deadlineAfter(this.#surroundings.deadlines, idleMs);
  }

  #arm(): void {
    const exchange = this.#exchange;
    const isPeersTurn = exchange !== null && (exchange.isSent || exchange.isBlocked);
    this.deadlineMs =
      isPeersTurn && !this.#isPaused && this.#state === STATE.BUSY
        ? deadlineAfter(this.#surroundings.deadlines, this.#silenceMs)
        : 0;
  }

  get #silenceMs(): number {
    const isInBody = this.#exchange?.hasHead === true;
    return isInBody ? this.#peer.bodyTimeoutMs : this.#peer.responseTimeoutMs;
  }

  #leave(state: State): void {
    this.#state = state;
    this.lent = null;
    this.deadlineMs = 0;
    this.#surroundings.deadlines.remove(this);
    this.rest.over(this);
  }

  #failAs(code: ErrorCode, what: string): void {
    this.onFailed(new SluiceError(code, `${this.facts.peer.address}: ${what}`));
  }

  #onClose = (): void => {
    // Of a request under way undici tells, with the reason; this listener runs before its own.
    if (this.#state === STATE.UPGRADED) this.#failAs("upstream_aborted", "closed behind its 101");
    else if (this.#state !== STATE.BUSY) this.destroy();
  };
}

function finish(connection: UndiciConnection): void {
  connection.finish();
}

function ignore(): void {}
