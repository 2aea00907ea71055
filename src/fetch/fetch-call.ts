// One fetch, from its first hop to the last byte of its response or to its end before that: it
// connects, sends, follows redirects, and answers its script with the head. The body stays here
// until it is read, handed on, or closed with the call that asked.

import type { Readable } from "node:stream";
import type { SluiceError } from "../base/errors.ts";
import { isIdempotent } from "../http1/methods.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";
import type {
  Borrowing,
  BorrowResult,
  Peer,
  ResponseSink,
  Transport,
  UpstreamResponse,
} from "../upstream/transport.ts";
import { type Fetching, peerOf } from "./destination.ts";
import { codingsOf, decoded, FetchedBody, readChunk, readWhole } from "./fetched-body.ts";
import type { GroupAttempts } from "./group-attempts.ts";
import { FETCH_LIMITS } from "./limits.ts";
import type { Order } from "./order.ts";
import { nextOrder } from "./redirects.ts";
import { FetchRefusal, refusalAnswer } from "./refusal.ts";
import { type Trace, upstreamRequest } from "./request-head.ts";
import { headAnswer } from "./response-answer.ts";

type Lent = NonNullable<Parameters<BorrowResult>[1]>;

/** The request that it is made for. */
export interface FetchOwner extends Fetching {
  readonly transport: Transport;
  readonly trace: Trace;
  /** The largest body that is given whole. */
  readonly bodyBytesMax: number;
  /** Another hop. Throws FetchRefusal if it is one too many. */
  countHop(): void;
  /** Throws FetchRefusal. */
  attemptsOf(group: string): GroupAttempts;
  /** The script has its answer. */
  answered(call: FetchCall): void;
  /** It holds nothing any more. */
  left(call: FetchCall): void;
}

export class FetchCall implements HostCall, ResponseSink {
  readonly #owner: FetchOwner;
  readonly #answer: GiveAnswer;
  #order: Order;
  #redirects = 0;
  #attempts: GroupAttempts | null = null;
  #peer: Peer | null = null;
  #borrowing: Borrowing | null = null;
  #lent: Lent | null = null;
  #response: UpstreamResponse | null = null;
  #body: FetchedBody | null = null;
  /** Somebody has its body, or had it. */
  #reading: Readable | null = null;
  #isOver = false;
  /** Of the request's body. */
  #sent = 0;

  constructor(owner: FetchOwner, order: Order, answer: GiveAnswer) {
    this.#owner = owner;
    this.#order = order;
    this.#answer = answer;
  }

  /** The response, once its head is there. */
  get response(): UpstreamResponse | null {
    return this.#response;
  }

  get body(): FetchedBody | null {
    return this.#body;
  }

  /** The next hop; the first when there is room for it. */
  hop(): void {
    if (this.#isOver) return;
    try {
      const { group, url } = this.#order;
      this.#attempts = group === null ? null : this.#owner.attemptsOf(group);
      this.#try(this.#attempts === null ? peerOf(url, this.#owner) : this.#attempts.next());
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  /** `whole`: the body, decoded. `chunk`: the next piece of it, empty at its end. */
  next({ text }: HostAsk, answer: GiveAnswer): HostCall | null {
    if (this.#body === null || this.#response === null) return null;
    if (text !== "whole" && text !== "chunk") return null;
    try {
      this.#reading ??= decoded(this.#body, codingsOf(this.#response.headers));
    } catch (thrown) {
      answer(refusalAnswer(thrown));
      return this;
    }
    const { bodyBytesMax } = this.#owner;
    const read =
      text === "whole" ? readWhole(this.#reading, bodyBytesMax) : readChunk(this.#reading);
    read.then(
      (bytes) => answer({ ok: true, text: "", bytes }),
      (thrown: unknown) => answer(refusalAnswer(thrown)),
    );
    return this;
  }

  /** Its call is over, or nobody wants it any more. */
  close(): void {
    this.#body?.destroy();
    this.#reading?.destroy();
    this.#drop();
    this.#end();
  }

  #try(peer: Peer | null, isNew = false): void {
    if (peer === null) throw new FetchRefusal("fetch: no peer of the group is left");
    this.#peer = peer;
    this.#lent = null;
    const { transport } = this.#owner;
    const borrowing = isNew
      ? transport.open(peer, this.#borrowed)
      : transport.borrow(peer, this.#borrowed);
    if (this.#lent === null && !this.#isOver) this.#borrowing = borrowing;
  }

  readonly #borrowed: BorrowResult = (error, lent) => {
    this.#borrowing = null;
    if (this.#isOver) return lent?.release();
    if (lent === null) return this.#connectFailed(error);
    this.#lent = lent;
    this.#attempts?.connected(lent.facts.peer);
    try {
      const request = upstreamRequest(this.#order, this.#owner.trace);
      if (lent.send(request, this)) this.#sendBody(lent);
      else this.#again(error);
    } catch (thrown) {
      this.#drop();
      this.#refuse(thrown);
    }
  };

  #sendBody(lent: Lent): void {
    this.#sent = 0;
    if (this.#order.body === null) return;
    this.#writeOn(lent, this.#order.body);
  }

  /** As fast as the origin takes it. */
  #writeOn(lent: Lent, body: Buffer): void {
    while (this.#lent === lent && this.#sent < body.length) {
      const chunk = body.subarray(this.#sent, this.#sent + FETCH_LIMITS.unreadBytes);
      this.#sent += chunk.length;
      if (!lent.write(chunk)) return;
    }
    if (this.#lent === lent) lent.end("");
  }

  #connectFailed(error: SluiceError | null): void {
    const peer = this.#peer;
    try {
      if (peer !== null && error?.kind.blame === "upstream" && this.#attempts?.failed(peer)) {
        return this.#try(this.#attempts.next());
      }
      throw failed(error);
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  /** A connection that had rested is closed: what may be sent twice goes out on a new one. */
  #again(error: SluiceError | null): void {
    try {
      if (this.#peer === null) throw failed(error);
      this.#try(this.#peer, true);
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  // What the connection tells.

  onInformational(): void {}

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    if (isComplete) this.#lent = null;
    let next: Order | null;
    try {
      next = nextOrder(this.#order, response);
      if (next !== null) this.#follow(next);
    } catch (thrown) {
      this.#drop();
      return this.#refuse(thrown);
    }
    if (next !== null) return;
    const body = typeof first === "string" ? Buffer.from(first, "latin1") : first;
    this.#response = response;
    this.#body = new FetchedBody(this.#lent ?? NOTHING_HELD);
    if (body !== null && body.length > 0) this.#body.add(body);
    if (isComplete) this.#complete();
    this.#owner.answered(this);
    const { url } = this.#order;
    const parts = { response, url: url.href, isRedirected: this.#redirects > 0 };
    this.#answer(headAnswer(parts, isComplete ? body : null), true);
  }

  onData(chunk: Buffer): boolean {
    return this.#body?.add(chunk) ?? true;
  }

  onEnd(): void {
    this.#lent = null;
    this.#complete();
  }

  onError(error: SluiceError): void {
    const lent = this.#lent;
    this.#lent = null;
    if (this.#body !== null) {
      this.#body.failed(error);
      return this.#end();
    }
    const wasStale = error.code === "upstream_closed" && (lent?.served ?? 0) > 0;
    if (wasStale && isIdempotent(this.#order.method)) this.#again(error);
    else this.#refuse(failed(error));
  }

  onDrain(): void {
    const { body } = this.#order;
    if (this.#lent !== null && body !== null) this.#writeOn(this.#lent, body);
  }

  /** The body of a redirect is of no interest: its connection goes, unless it is done with it. */
  #follow(next: Order): void {
    this.#drop();
    if (++this.#redirects > FETCH_LIMITS.redirects) {
      throw new FetchRefusal(`fetch: over ${FETCH_LIMITS.redirects} redirects`);
    }
    this.#owner.countHop();
    this.#order = next;
    this.hop();
  }

  #complete(): void {
    this.#body?.complete();
    this.#end();
  }

  #drop(): void {
    this.#borrowing?.cancel();
    this.#borrowing = null;
    const lent = this.#lent;
    this.#lent = null;
    lent?.destroy();
  }

  #refuse(thrown: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#owner.answered(this);
    this.#answer(refusalAnswer(thrown));
  }

  /** Nothing is under way any more: another may have its place. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.left(this);
  }
}

const NOTHING_HELD = { pause: () => {}, resume: () => {}, destroy: () => {} };

const failed = (error: SluiceError | null): FetchRefusal =>
  new FetchRefusal(`fetch: ${error?.message ?? "no connection"} (${error?.code ?? "internal"})`);
