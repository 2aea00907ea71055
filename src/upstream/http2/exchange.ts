// One exchange with a peer on a stream of HTTP/2: what its borrower says leaves as frames, what
// comes is for stream-response.ts. It has a deadline of its own. A reset of any kind is a break.

import type { Socket } from "node:net";
import { type DeadlineItem, deadlineAfter } from "../../base/clock.ts";
import { type ErrorCode, SluiceError } from "../../base/errors.ts";
import { encodeLines } from "../../http2/hpack-encoder.ts";
import { CODE } from "../../http2/protocol.ts";
import type { SessionStream, StreamUser } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import type { UpstreamLimits } from "../limits.ts";
import { protocolFault } from "../response-head.ts";
import type { Surroundings } from "../surroundings.ts";
import type {
  ConnectionFacts,
  LentExchange,
  Peer,
  ResponseSink,
  UpstreamRequest,
} from "../transport.ts";
import type { ResponseFields } from "./response-fields.ts";
import { type ResponseOwner, StreamResponse } from "./stream-response.ts";

/** The connection that lends it. */
export interface StreamLender {
  readonly facts: ConnectionFacts;
  readonly surroundings: Pick<Surroundings, "deadlines" | "limits">;
  readonly streams: Streams;
  /** Why all of it ends; null: it does not, or its peer has just closed it. */
  readonly fault: SluiceError | null;
  /** Null: no more streams can be opened. */
  open(request: UpstreamRequest): SessionStream | null;
  /** The peer has not done its part in time. */
  onLate(): void;
  over(exchange: Http2Exchange): void;
}

/** As the code of a reset: the connection is gone. */
export const LOST = -1;

export class Http2Exchange implements LentExchange, StreamUser, ResponseOwner, DeadlineItem {
  deadlineMs = 0;
  deadlinePlace = -1;
  id = 0; // its lender's
  readonly served: number;
  readonly #lender: StreamLender;
  readonly #peer: Peer;
  #sink: ResponseSink | null = null;
  #stream: SessionStream | null = null;
  #response: StreamResponse | null = null;
  /** Body bytes still owed; -1: nobody has said how many. */
  #owedBytes = 0;
  #isSent = false;
  #isBlocked = false;
  /** What the peer did wrong on this stream. */
  #fault: SluiceError | null = null;
  #isOver = false;

  /** @param served  requests that were sent on the connection before */
  constructor(lender: StreamLender, peer: Peer, served: number) {
    this.#lender = lender;
    this.#peer = peer;
    this.served = served;
  }

  get facts(): ConnectionFacts {
    return this.#lender.facts;
  }

  get limits(): UpstreamLimits {
    return this.#lender.surroundings.limits;
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    if (this.#isOver) return false;
    const stream = this.#lender.open(request);
    if (stream === null) {
      this.#end();
      return false;
    }
    stream.user = this;
    this.#stream = stream;
    this.#sink = sink;
    this.#response = new StreamResponse(request.method, sink, this);
    this.#owedBytes = request.contentLength;
    this.#isSent = stream.isLocalEnded;
    this.#lender.surroundings.deadlines.add(this);
    this.onProgress();
    return true;
  }

  write(chunk: Buffer): boolean {
    const stream = this.#stream;
    if (stream === null || this.#isOver || chunk.length === 0) return true;
    const isTooLong = this.#owedBytes >= 0 && chunk.length > this.#owedBytes;
    if (isTooLong || this.#isSent) {
      this.#giveUp("internal", "A request body is longer than announced");
      return true;
    }
    if (this.#owedBytes > 0) this.#owedBytes -= chunk.length;
    this.#isBlocked = !this.#lender.streams.sendData(stream, chunk, false);
    this.onProgress();
    return !this.#isBlocked;
  }

  end(trailers: string): void {
    const stream = this.#stream;
    if (stream === null || this.#isOver || this.#isSent) return;
    if (this.#owedBytes > 0) {
      return this.#giveUp("internal", "A request body is shorter than announced");
    }
    this.#isSent = true;
    this.#lender.streams.sendEnd(stream, encodeLines(trailers));
    this.onProgress();
  }

  pause(): void {
    this.#response?.pause();
    this.onProgress();
  }

  resume(): void {
    if (this.#isOver) return;
    this.#response?.resume();
    this.onProgress();
  }

  /** There is none: no request on HTTP/2 asks for an upgrade. */
  detach(): { socket: Socket; head: Buffer } {
    throw new Error("a stream of HTTP/2 becomes no tunnel");
  }

  release(): void {
    if (this.#stream === null) this.#end();
  }

  destroy(): void {
    this.#end();
  }

  // What the stream tells.

  /** Fields have come. False: they are not what may come here. */
  takeFields(fields: ResponseFields, isEnd: boolean): boolean {
    return this.#take((response) => response.takeFields(fields, isEnd));
  }

  onData(chunk: Buffer): void {
    if (!this.#take((response) => response.takeData(chunk))) this.#breakOff();
  }

  onEnd(): void {
    if (!this.#take((response) => response.takeEnd())) this.#breakOff();
  }

  onReset(code: number): void {
    // whole: it may still have to be passed on
    if (this.#isOver || this.#response?.isWhole === true) return;
    const error = this.#fault ?? this.#lender.fault ?? this.#resetError(code);
    this.#end()?.onError(error);
  }

  onRoom(): void {
    this.#isBlocked = false;
    this.onProgress();
    if (!this.#isSent) this.#sink?.onDrain();
  }

  onClosed(): void {}

  // What the response tells.

  onUsed(bytes: number): void {
    if (this.#stream !== null) this.#lender.streams.use(this.#stream, bytes);
  }

  onResponseOver(): void {
    this.#end();
  }

  onDeadline(): void {
    this.#lender.onLate();
    this.#giveUp("upstream_timeout", `over ${this.#silenceMs} ms of silence`);
  }

  /** False: it broke a rule. */
  #take(take: (response: StreamResponse) => void): boolean {
    if (this.#isOver || this.#response === null) return true;
    try {
      take(this.#response);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      this.#fault = thrown;
      return false;
    }
  }

  #breakOff(): void {
    if (this.#stream !== null) this.#lender.streams.fault(this.#stream, CODE.protocolError);
  }

  #giveUp(code: ErrorCode, what: string): void {
    this.#end()?.onError(new SluiceError(code, `${this.#peer.address}: ${what}`));
  }

  #resetError(code: number): SluiceError {
    const { address } = this.#peer;
    const hasBegun = this.#response?.hasBegun === true;
    if (code === LOST && hasBegun) {
      return new SluiceError("upstream_aborted", `${address}: closed within its response`);
    }
    if (code === LOST) return new SluiceError("upstream_closed", `${address}: closed unanswered`);
    if (this.#stream !== null && this.#lender.streams.resets.has(this.#stream.id)) {
      return protocolFault("a frame that breaks the rules of its stream");
    }
    const isRefused = code === CODE.refusedStream && !hasBegun;
    const message = `${address}: the peer reset the stream (error ${code})`;
    return new SluiceError(isRefused ? "upstream_refused" : "upstream_aborted", message);
  }

  get #silenceMs(): number {
    return this.#response?.hasHead ? this.#peer.bodyTimeoutMs : this.#peer.responseTimeoutMs;
  }

  /** Sets the deadline if it is the peer's turn: to answer, or to take more of the body. */
  onProgress(): void {
    const response = this.#response;
    if (this.#isOver || response === null) return;
    const isPeersTurn = (this.#isSent || this.#isBlocked) && !response.isPaused;
    const { deadlines } = this.#lender.surroundings;
    const isAwaited = isPeersTurn && !response.isWhole;
    this.deadlineMs = isAwaited ? deadlineAfter(deadlines, this.#silenceMs) : 0;
  }

  /** For good: what of it is open is reset. Returns who is to be told; null: it was over. */
  #end(): ResponseSink | null {
    if (this.#isOver) return null;
    const sink = this.#sink;
    this.#isOver = true;
    this.#sink = null;
    this.#response?.stop();
    this.#lender.surroundings.deadlines.remove(this);
    const stream = this.#stream;
    const isOpen = stream !== null && !(stream.isRemoteEnded && stream.isLocalEnded);
    if (isOpen) this.#lender.streams.reset(stream, CODE.cancel);
    this.#lender.over(this);
    return sink;
  }
}
