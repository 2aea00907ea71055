// One hop of a fetch: it chooses a peer, connects, sends the request as fast as the peer takes it,
// and passes on what comes back. If a pooled connection turns out to be closed, a request that may
// be sent twice goes out on a new one.

import type { SluiceError } from "../base/errors.ts";
import { isIdempotent } from "../http1/methods.ts";
import type {
  Borrower,
  Borrowing,
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
  UpstreamResponse,
} from "../upstream/transport.ts";
import { type Fetching, peerOf } from "./destination.ts";
import type { GroupAttempts } from "./group-attempts.ts";
import { type FetchNotes, HopTiming } from "./hop-timing.ts";
import { FETCH_LIMITS } from "./limits.ts";
import type { Order } from "./order.ts";
import { FetchRefusal } from "./refusal.ts";
import { type Trace, upstreamRequest } from "./request-head.ts";

/** The request that it is made for. */
export interface HopOwner extends Fetching {
  readonly transport: Transport;
  readonly trace: Trace;
  /** Null: nobody measures. */
  readonly notes: FetchNotes | null;
  /** Throws FetchRefusal. */
  attemptsOf(group: string): GroupAttempts;
}

/** Who is told: a head, then a body and its end; or that there is none, or no more. */
export interface HopSink extends Pick<ResponseSink, "onHead" | "onData"> {
  onEnd(): void;
  /** The response broke off, behind its head. */
  onBroken(error: SluiceError): void;
  /** There is no response. */
  onRefused(thrown: unknown): void;
  /** A body that comes piece by piece: the next one is wanted. */
  onRoom(): void;
}

export class Hop implements Borrower, ResponseSink {
  readonly #order: Order;
  readonly #owner: HopOwner;
  readonly #sink: HopSink;
  #attempts: GroupAttempts | null = null;
  #peer: Peer | null = null;
  #borrowing: Borrowing | null = null;
  #lent: LentExchange | null = null;
  #hasHead = false;
  #isOver = false;
  /** Bytes of the request's body. */
  #sent = 0;
  /** It went out again, since its peer had not looked at it. */
  #hasMoved = false;
  #timing: HopTiming | null = null;

  constructor(order: Order, owner: HopOwner, sink: HopSink) {
    this.#order = order;
    this.#owner = owner;
    this.#sink = sink;
  }

  start(): void {
    this.#orRefuse(() => {
      const { group, url } = this.#order;
      const { notes } = this.#owner;
      if (notes !== null) this.#timing = new HopTiming(notes, this.#order);
      this.#attempts = group === null ? null : this.#owner.attemptsOf(group);
      this.#try(this.#attempts === null ? peerOf(url, this.#owner) : this.#attempts.next());
    });
  }

  pause(): void {
    this.#lent?.pause();
  }

  resume(): void {
    this.#lent?.resume();
  }

  /** At once; nobody is told. */
  destroy(): void {
    this.#isOver = true;
    this.#timing?.ended();
    this.#attempts?.over();
    this.#borrowing?.cancel();
    this.#borrowing = null;
    const lent = this.#lent;
    this.#lent = null;
    lent?.destroy();
  }

  #orRefuse(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.destroy();
      this.#sink.onRefused(thrown);
    }
  }

  #try(peer: Peer | null, isNew = false): void {
    if (peer === null) throw new FetchRefusal("fetch: no peer of the group is left, or has room");
    const { transport } = this.#owner;
    this.#peer = peer;
    this.#lent = null;
    const borrowing = isNew ? transport.open(peer, this) : transport.borrow(peer, this);
    if (this.#lent === null && !this.#isOver) this.#borrowing = borrowing;
  }

  onLent(lent: LentExchange): void {
    this.#borrowing = null;
    if (this.#isOver) return lent.release();
    this.#orRefuse(() => {
      this.#lent = lent;
      this.#attempts?.connected();
      const { trace } = this.#owner;
      const request = upstreamRequest(this.#order, trace, this.#timing?.traceLines);
      if (lent.send(request, this)) this.#begin(lent);
      else this.#tryAgain();
    });
  }

  /** The connection had rested, and has ended: the same attempt, on a new one. */
  #tryAgain(): void {
    this.#try(this.#peer, true);
  }

  onConnectFailed(error: SluiceError): void {
    this.#borrowing = null;
    if (!this.#isOver) this.#orRefuse(() => this.#tryAnother(error));
  }

  #tryAnother(error: SluiceError): void {
    const attempts = this.#attempts;
    if (attempts === null || !attempts.connectFailed(error)) throw noResponse(error);
    this.#try(attempts.next());
  }

  #begin(lent: LentExchange): void {
    this.#sent = 0;
    if (this.#order.isStreamed) this.#sink.onRoom();
    else if (this.#order.body !== null) this.#writeOn(lent, this.#order.body);
  }

  /** It takes the next piece; false: not yet, which `onRoom` ends, or not any more. */
  get isSending(): boolean {
    return this.#lent !== null;
  }

  /** It will take no piece of a body any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A piece of the body. False: wait for `onRoom`. */
  write(chunk: Buffer): boolean {
    return this.#lent?.write(chunk) ?? true;
  }

  endBody(): void {
    this.#lent?.end("");
  }

  /** As fast as the origin takes it; one that has answered already takes no more. */
  #writeOn(lent: LentExchange, body: Buffer): void {
    while (this.#lent === lent && this.#sent < body.length) {
      const chunk = body.subarray(this.#sent, this.#sent + FETCH_LIMITS.unreadBytes);
      this.#sent += chunk.length;
      if (!lent.write(chunk)) return;
    }
    if (this.#lent === lent) lent.end("");
  }

  // What the connection tells.

  onInformational(): void {}

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    this.#hasHead = true;
    this.#timing?.answered(response.status);
    this.#attempts?.answered(response.status);
    if (isComplete) this.#over();
    this.#sink.onHead(response, first, isComplete);
  }

  onData(chunk: Buffer): boolean {
    return this.#sink.onData(chunk);
  }

  onEnd(): void {
    this.#over();
    this.#sink.onEnd();
  }

  onError(error: SluiceError): void {
    const wasUsed = (this.#lent?.served ?? 0) > 0;
    const wasStale = error.code === "upstream_closed" && wasUsed;
    this.#lent = null;
    if (!wasStale) this.#attempts?.failed(error);
    if (this.#hasHead) {
      this.#over();
      this.#sink.onBroken(error);
      return;
    }
    this.#orRefuse(() => {
      const { method, isStreamed } = this.#order;
      const isUntouched = error.kind.retry === "always" && !this.#hasMoved;
      const mayGo = isUntouched || (wasStale && isIdempotent(method));
      if (isStreamed || !mayGo) throw noResponse(error);
      this.#hasMoved = true;
      this.#tryAgain();
    });
  }

  onDrain(): void {
    const { body, isStreamed } = this.#order;
    if (isStreamed) this.#sink.onRoom();
    else if (this.#lent !== null && body !== null) this.#writeOn(this.#lent, body);
  }

  /** The connection is another's from here on. */
  #over(): void {
    this.#isOver = true;
    this.#timing?.ended();
    this.#attempts?.over();
    this.#lent = null;
  }
}

const noResponse = ({ message, code }: SluiceError): FetchRefusal =>
  new FetchRefusal(`fetch: ${message} (${code})`);
