// Our own HTTP/2 connection to a peer: its life from the handshake to its end, its place in the
// pool, and the exchanges that it lends. It is no connection before the peer's settings have come:
// until then nothing was sent that could not be sent elsewhere.
//
//     STARTING ──settings──▶ OPEN ──GOAWAY──▶ LEAVING ──the last is over──▶ DEAD
//                             └──nothing lent: it rests in the pool

import type { Socket } from "node:net";
import { type DeadlineItem, deadlineAfter } from "../../base/clock.ts";
import { type ErrorCode, SluiceError } from "../../base/errors.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import { CODE, type ConnectionError, STREAM_ID_MAX } from "../../http2/protocol.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import { logsIn } from "../logins.ts";
import type { PooledConnection } from "../pool.ts";
import { Rest } from "../rest.ts";
import type { Surroundings } from "../surroundings.ts";
import type { ConnectionFacts, LoginKeeper, Peer, UpstreamRequest } from "../transport.ts";
import { Http2Exchange, LOST, type StreamLender } from "./exchange.ts";
import { LentExchanges } from "./lent-exchanges.ts";
import { Liveness, type LivenessOwner } from "./liveness.ts";
import { PeerSession, type PeerSessionOwner } from "./peer-session.ts";
import { requestBlock } from "./request-block.ts";
import type { Wire } from "./wire.ts";

/** Who waits for it. One of the two is called, once, unless it is destroyed before. */
export interface StartResult {
  onReady(connection: Http2PeerConnection): void;
  onFailed(error: SluiceError): void;
}

export interface StartOptions {
  readonly surroundings: Surroundings;
  readonly start: StartResult;
}

const PING = "sluice--";
const NO_SETTINGS = "no answer in time";

type Lender = PooledConnection & StreamLender;
type Parts = Lender & PeerSessionOwner & LivenessOwner & DeadlineItem;

export class Http2PeerConnection implements Parts {
  readonly facts: ConnectionFacts;
  readonly surroundings: Surroundings;
  fault: SluiceError | null = null;
  deadlineMs: number;
  deadlinePlace = -1;
  readonly #session: PeerSession;
  readonly #liveness: Liveness;
  readonly #rest: Rest;
  readonly #lent = new LentExchanges();
  #start: StartResult | null;
  #state: "starting" | "open" | "leaving" | "dead" = "starting";
  /** Of the last exchange that was lent. */
  #peer: Peer;
  #sent = 0;

  constructor(socket: Socket, facts: ConnectionFacts, { surroundings, start }: StartOptions) {
    const { deadlines, pool } = surroundings;
    this.facts = facts;
    this.surroundings = surroundings;
    this.#peer = facts.peer;
    this.#rest = new Rest(pool);
    this.#start = start;
    this.#liveness = new Liveness(deadlines, this);
    this.deadlineMs = deadlineAfter(deadlines, facts.peer.connectTimeoutMs);
    deadlines.add(this);
    this.#session = new PeerSession(socket, surroundings, this);
  }

  get wire(): Wire {
    return this.#session.wire;
  }

  get streams(): Streams {
    return this.#session.frames.streams;
  }

  get isBusy(): boolean {
    return this.#lent.size > 0;
  }

  get hasRoom(): boolean {
    if (this.#state !== "open" || this.#liveness.isAsked) return false;
    return this.#lent.size < Math.min(HTTP2_LIMITS.streams, this.#session.frames.streamsMax);
  }

  isIdle(): boolean {
    return this.#state === "open" && this.#lent.size === 0;
  }

  /** Whose a login would be is not asked: who logs in is the last on its connection. */
  lend(peer: Peer, logins: LoginKeeper | null): Http2Exchange {
    this.deadlineMs = 0;
    if (peer.proxy !== null) this.#rest.logins = logins;
    this.#peer = peer;
    const exchange = new Http2Exchange(this, peer, this.#sent);
    this.#lent.add(exchange);
    this.#liveness.watch();
    return exchange;
  }

  destroy(): void {
    this.#start = null;
    for (const exchange of this.#lent.all()) exchange.destroy();
    this.#end(CODE.noError);
  }

  // What its exchanges ask.

  open(request: UpstreamRequest): SessionStream | null {
    if (this.#state !== "open" || !this.wire.isOpen) return null;
    const isEnd = !request.hasBody || request.contentLength === 0;
    this.#sent++;
    const stream = this.#session.frames.open(requestBlock(request, this.facts.tls), isEnd);
    const isLast = stream.id >= STREAM_ID_MAX - 1;
    if (isLast || (request.mayLogIn && logsIn(request.headers))) this.#leave();
    return stream;
  }

  onLate(): void {
    this.#liveness.ask();
    this.surroundings.pool.roomChanged(this);
  }

  over(exchange: Http2Exchange): void {
    this.#lent.delete(exchange);
    if (this.#state === "dead") return;
    if (this.#lent.size > 0) this.surroundings.pool.roomChanged(this);
    else if (this.#state === "open" && !this.#liveness.isAsked) this.#beginRest();
    else this.#endSoon();
  }

  // What the session tells.

  onHeard(): void {
    this.#liveness.heard();
  }

  onSettings(): void {
    if (this.#state !== "starting") return this.surroundings.pool.roomChanged(this);
    if (this.#session.frames.streamsMax === 0) return this.#fail("a peer that takes no request");
    const start = this.#start;
    this.#start = null;
    this.#state = "open";
    this.deadlineMs = 0;
    this.surroundings.pool.admit(this);
    start?.onReady(this);
  }

  /** What is above the last stream was not looked at, and may be sent again (RFC 9113, 6.8). */
  onGoaway(lastStream: number, code: number): void {
    if (this.#state === "starting") return this.#fail(`GOAWAY (error ${code})`);
    this.#leave();
    const message = `${this.#peer.address}: its connection ended before it (error ${code})`;
    this.fault = new SluiceError("upstream_leaving", message);
    for (const stream of this.streams.all()) {
      if (stream.id <= lastStream) continue;
      this.streams.disown(stream);
      stream.user?.onReset(CODE.refusedStream);
    }
    this.fault = null;
    if (this.#lent.size === 0) this.#endSoon();
  }

  onBroken({ code, message }: ConnectionError): void {
    if (this.#state === "starting") this.#fail(message);
    else this.#lose("upstream_protocol", `Cannot read response: ${message}`, code);
  }

  onDeaf(): void {
    if (this.#state === "starting") return this.#fail("its end");
    this.#leave();
    const { deadlines, limits } = this.surroundings;
    this.deadlineMs = deadlineAfter(deadlines, limits.aftermathMs);
  }

  onLost(cause?: Error): void {
    if (this.#state === "starting") this.#fail(cause?.message ?? "its end");
    else this.#end(LOST);
  }

  // What its times tell.

  ping(): void {
    this.#session.frames.ping(PING);
  }

  onAnswered(): void {
    this.surroundings.pool.roomChanged(this);
  }

  onVanished(): void {
    this.#lose("upstream_timeout", "the peer does not answer any more", CODE.cancel);
  }

  onDeadline(): void {
    if (this.#state === "starting") this.#fail(NO_SETTINGS);
    else if (this.#lent.size === 0) this.destroy();
    else this.onLost();
  }

  #beginRest(): void {
    const idleMs = this.#rest.begin(this, this.#peer);
    if (idleMs === 0) return this.#endSoon();
    this.deadlineMs = deadlineAfter(this.surroundings.deadlines, idleMs);
  }

  /** Nothing more is opened on it. */
  #leave(): void {
    if (this.#state !== "open") return;
    this.#state = "leaving";
    this.surroundings.pool.roomChanged(this);
  }

  /** What was told last leaves first: it may be a reset. */
  #endSoon(): void {
    this.#leave();
    setImmediate(() => {
      if (this.#lent.size === 0) this.destroy();
    });
  }

  #fail(got: string): void {
    const start = this.#start;
    const { address } = this.facts.peer;
    this.#start = null;
    this.#end(CODE.noError);
    const code = got === NO_SETTINGS ? "connect_timeout" : "connect_failed";
    const message = `Cannot connect to ${address}: expected HTTP/2, got ${got}`;
    start?.onFailed(new SluiceError(code, message));
  }

  #lose(code: ErrorCode, what: string, reset: number): void {
    this.fault = new SluiceError(code, `${this.#peer.address}: ${what}`);
    this.#end(reset);
  }

  /** For good. Whoever has an open exchange is told. */
  #end(code: number): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#liveness.stop();
    this.surroundings.deadlines.remove(this);
    this.#rest.over(this);
    this.#session.end(code);
  }
}
