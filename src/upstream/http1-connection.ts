// Our own HTTP/1.1 connection to a peer, its life from connect to close: request-writer.ts sends,
// response-reader.ts reads. No closure, promise or timer for a request (bench/micro/upstream.ts).

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { type DeadlineItem, deadlineAfter } from "../base/clock.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { ByteReceiver } from "../base/read-tap.ts";
import { ExclusiveExchange, type ExclusiveLender } from "./exclusive-exchange.ts";
import { PeerSocket, type PeerSocketListener, type WriteFault } from "./peer-socket.ts";
import type { PooledConnection } from "./pool.ts";
import { RequestWriter } from "./request-writer.ts";
import { type ReaderOwner, ResponseReader } from "./response-reader.ts";
import { Rest } from "./rest.ts";
import { STATE, type State, type Surroundings } from "./surroundings.ts";
import type {
  ConnectionFacts,
  LoginKeeper,
  Peer,
  ResponseSink,
  UpstreamRequest,
} from "./transport.ts";

type Lender = PooledConnection & ExclusiveLender;
type Parts = Lender & DeadlineItem & ReaderOwner & ByteReceiver & PeerSocketListener;

export class Http1Connection implements Parts {
  readonly facts: ConnectionFacts;
  readonly rest: Rest;
  lent: ExclusiveExchange | null = null;
  readonly hasRoom = false;
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly #socket: Socket;
  readonly #wire: PeerSocket;
  readonly #surroundings: Surroundings;
  readonly #writer: RequestWriter;
  readonly #reader: ResponseReader;
  #state: State = STATE.READY;
  /** Requests sent so far, this one included. */
  #sent = 0;
  /** The timeouts of this exchange; the peer of `facts` is that of the first. */
  #peer: Peer;
  /** The request allows another after it. */
  #keepAlive = true;
  #isPaused = false;
  #writeFault: WriteFault | null = null;

  constructor(socket: Socket, facts: ConnectionFacts, surroundings: Surroundings) {
    this.facts = facts;
    this.rest = new Rest(surroundings.pool);
    this.#peer = facts.peer;
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.#writer = new RequestWriter(socket);
    this.#reader = new ResponseReader(this, surroundings.limits);
    this.#wire = new PeerSocket(socket, this);
    surroundings.deadlines.add(this);
    surroundings.pool.admit(this);
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    if (this.#state === STATE.DEAD || this.#socket.destroyed) return false;
    this.#reader.begin(request, sink);
    assert(this.#state === STATE.READY, "a request on a connection that is busy");
    this.#state = STATE.BUSY;
    this.#sent++;
    this.rest.sending(request);
    // A socket on which an upgrade was asked for is not used again, whatever the answer: the peer
    // may have taken a body for the first bytes of the other protocol.
    this.#keepAlive = request.upgrade === "" && this.#peer.idleTimeoutMs > 0;
    this.#writer.start(request, this.#peer.idleTimeoutMs > 0);
    this.#arm();
    return true;
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== STATE.BUSY || this.#writeFault !== null) return true;
    if (!this.#writer.write(chunk)) {
      this.#failAs("internal", "A request body is longer than announced");
      return true;
    }
    if (!this.#writer.isBlocked) {
      if (this.#writer.isDone) this.#arm();
      return true;
    }
    this.#arm();
    return false;
  }

  end(trailers: string): void {
    if (this.#state !== STATE.BUSY || this.#writeFault !== null) return;
    if (this.#writer.end(trailers)) this.#arm();
    else this.#failAs("internal", "A request body is shorter than announced");
  }

  pause(): void {
    if (this.#state !== STATE.BUSY || this.#isPaused) return;
    this.#isPaused = true;
    this.deadlineMs = 0;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#state !== STATE.BUSY && this.#state !== STATE.RESTING) return;
    this.#socket.resume();
    if (this.#state === STATE.BUSY) this.#arm();
  }

  detach(): { socket: Socket; head: Buffer } {
    assert(this.#state === STATE.UPGRADED, "a detach without a 101");
    this.#leave(STATE.DETACHED);
    return { socket: this.#wire.letGo(), head: this.#reader.takeRest() };
  }

  release(): void {
    if (this.#state === STATE.READY) this.#beginRest();
  }

  destroy(): void {
    this.#reader.stop();
    if (this.#state === STATE.DEAD || this.#state === STATE.DETACHED) return;
    this.#leave(STATE.DEAD);
    this.#socket.destroy();
  }

  isIdle(): boolean {
    return this.#state === STATE.RESTING;
  }

  lend(peer: Peer, logins: LoginKeeper | null): ExclusiveExchange {
    this.rest.logins = logins;
    this.#state = STATE.READY;
    this.#peer = peer;
    this.deadlineMs = 0;
    this.lent = new ExclusiveExchange(this, this.#sent);
    return this.lent;
  }

  onBytes(bytes: Buffer): boolean {
    if (this.#state === STATE.BUSY) {
      this.#reader.read(bytes);
      return true;
    }
    if (this.#state === STATE.DETACHED) return this.#socket.push(Buffer.from(bytes));
    if (this.#state === STATE.UPGRADED) this.#reader.keepRest(bytes);
    // Nobody asked: whatever this is would be taken for the answer to the next request.
    else this.destroy();
    return false;
  }

  onDeadline(): void {
    if (this.#state === STATE.RESTING) this.destroy();
    else if (this.#writeFault !== null) this.onGone(this.#writeFault);
    else
      this.#failAs("upstream_timeout", `over ${this.#reader.silenceMs(this.#peer)} ms of silence`);
  }

  onProgress(): void {
    this.#arm();
  }

  /** The response is over: gives the connection back, or ends it. */
  onResponseOver(isReusable: boolean): void {
    const isSent = this.#writer.isDone && this.#writeFault === null;
    if (isReusable && this.#keepAlive && isSent) this.#beginRest();
    else this.destroy();
  }

  onUpgraded(): void {
    this.#state = STATE.UPGRADED;
    this.deadlineMs = 0;
    this.#socket.pause();
  }

  onFault(error: SluiceError): void {
    const sink = this.#reader.stop();
    this.destroy();
    if (error.code === "upstream_closed" && this.#sent > 1) this.rest.wasStale(this);
    sink?.onError(error);
  }

  #beginRest(): void {
    this.#state = STATE.RESTING;
    this.lent = null;
    const idleMs = this.rest.begin(this, this.#peer);
    if (idleMs === 0) return this.destroy();
    this.deadlineMs = deadlineAfter(this.#surroundings.deadlines, idleMs);
    // A reader that stopped the flow on the last chunk must not leave the socket deaf: what arrives
    // on an idle connection has to be seen.
    this.resume();
  }

  /** Sets the deadline if it is the peer's turn: to answer, or to take more of the body. */
  #arm(): void {
    const isPeersTurn = this.#writer.isDone || this.#writer.isBlocked;
    const { deadlines, limits } = this.#surroundings;
    const isGone = this.#writeFault !== null;
    const waitMs = isGone ? limits.aftermathMs : this.#reader.silenceMs(this.#peer);
    this.deadlineMs = isPeersTurn && !this.#isPaused ? deadlineAfter(deadlines, waitMs) : 0;
  }

  #leave(state: State): void {
    this.#state = state;
    this.lent = null;
    this.deadlineMs = 0;
    this.#surroundings.deadlines.remove(this);
    this.rest.over(this);
  }

  #failAs(code: ErrorCode, what: string, cause?: Error): void {
    const message = `${this.facts.peer.address}: ${what}`;
    this.onFault(new SluiceError(code, message, cause === undefined ? undefined : { cause }));
  }

  onDrain(): void {
    if (this.#state !== STATE.BUSY) return;
    this.#arm();
    if (!this.#writer.isDone) this.#reader.sink?.onDrain();
  }

  onEnd(): void {
    // A reset that a write has met is an end to those who read behind it, and no proper one.
    const isCut = this.#writeFault?.code === "ECONNRESET";
    if (this.#state !== STATE.BUSY || !this.#reader.endsWithClose || isCut) {
      return this.onGone(this.#writeFault ?? undefined);
    }
    const sink = this.#reader.stop();
    this.destroy();
    sink?.onEnd("");
  }

  /** The rest of the request goes nowhere; what the peer has said to it is read. */
  onWriteFault(fault: WriteFault): boolean {
    if (this.#state !== STATE.BUSY) return false;
    this.#writeFault ??= fault;
    this.#writer.abandon();
    this.#arm();
    return true;
  }

  /** The peer has left, in whatever way: a sink that waits is told. */
  onGone(cause?: Error): void {
    if (this.#state !== STATE.BUSY && this.#state !== STATE.UPGRADED) return this.destroy();
    if (this.#reader.heardNothing) this.#failAs("upstream_closed", "closed unanswered", cause);
    else this.#failAs("upstream_aborted", "closed within its response", cause);
  }
}
