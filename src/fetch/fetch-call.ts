// One fetch, from its first hop to the last byte of its response, or to its end before that: it
// follows redirects, and answers its script with the head. The body stays here until it is read,
// handed on, or closed with the call that asked.

import type { Readable } from "node:stream";
import { monotonicMs } from "../base/clock.ts";
import type { SluiceError } from "../base/errors.ts";
import type { AnswerSource } from "../sandbox/answer-source.ts";
import type { GiveAnswer, HostAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { codingsOf, decoded, FetchedBody, readChunk, readWhole } from "./fetched-body.ts";
import { HandedBody } from "./handed-body.ts";
import { Hop, type HopOwner, type HopSink } from "./hop.ts";
import { FETCH_LIMITS } from "./limits.ts";
import type { Order } from "./order.ts";
import { nextOrder } from "./redirects.ts";
import { FetchRefusal, refusalAnswer } from "./refusal.ts";
import { bytesOf, headAnswer, type WholeBody } from "./response-answer.ts";
import { SentPieces } from "./sent-pieces.ts";

/** The request that it is made for. */
export interface FetchOwner extends HopOwner {
  /** The largest body that is given whole. */
  readonly bodyBytesMax: number;
  /** Another hop. Throws FetchRefusal if it is one too many. */
  countHop(): void;
  /** The script has its answer. */
  answered(call: FetchCall): void;
  /** Its place is another's. */
  left(call: FetchCall): void;
}

const READ = "expected a Response whose body has not been read";

export class FetchCall implements HostCall, HopSink {
  /** Since when it has not been answered; 0: it has. For its owner, as what follows. */
  begunMs = monotonicMs();
  /** It has a place of those that may be under way at once. */
  isRunning = false;
  readonly #owner: FetchOwner;
  readonly #answer: GiveAnswer;
  #order: Order;
  #hop: Hop;
  /** Of the first hop, if its script sends the body piece by piece; else null. */
  readonly #pieces: SentPieces | null;
  #redirects = 0;
  #response: UpstreamResponse | null = null;
  #body: FetchedBody | null = null;
  /** The body, raw, if it came with the head. */
  #whole: WholeBody | null = null;
  /** The body as it is taken; null: nobody has begun to. */
  #reading: Readable | null = null;
  #isBeingRead = false;
  #isOver = false;

  constructor(owner: FetchOwner, order: Order, answer: GiveAnswer) {
    this.#owner = owner;
    this.#order = order;
    this.#answer = answer;
    this.#hop = new Hop(order, owner, this);
    this.#pieces = order.isStreamed ? new SentPieces(this.#hop) : null;
  }

  /** There is room for it. */
  begin(): void {
    this.#hop.start();
  }

  /**
   * `whole`: the body, decoded. `chunk`: the next piece of it, empty at its end. `write`, `end`: of
   * the request's own.
   */
  next(ask: HostAsk, answer: GiveAnswer): HostCall | null {
    const { text } = ask;
    if (text === "write" || text === "end") {
      return this.#pieces?.give(ask, answer) === true ? this.#nothing : null;
    }
    if (text === "fail") {
      answer({ ok: true, text: "", bytes: null });
      return this.#nothing; // the script withdraws its fetch
    }
    return text === "whole" || text === "chunk" ? this.#read(text, answer) : null;
  }

  #read(wanted: "whole" | "chunk", answer: GiveAnswer): HostCall | null {
    const body = this.#opened();
    if (body === null || this.#response === null || this.#isBeingRead) return null;
    try {
      this.#reading ??= decoded(body, codingsOf(this.#response.headers));
    } catch (thrown) {
      answer(refusalAnswer(thrown));
      return this.#nothing;
    }
    this.#isBeingRead = true;
    const { bodyBytesMax } = this.#owner;
    const read =
      wanted === "whole" ? readWhole(this.#reading, bodyBytesMax) : readChunk(this.#reading);
    const answered = (told: HostAnswer): void => {
      this.#isBeingRead = false;
      answer(told);
    };
    read.then(
      (bytes) => answered({ ok: true, text: "", bytes }),
      (thrown: unknown) => answered(refusalAnswer(thrown)),
    );
    return this.#nothing;
  }

  /** Raw if the headers say the coding that it came in, decoded if they say none. */
  handOver(headers: string): AnswerSource | Buffer | string {
    const response = this.#response;
    if (response === null || this.#reading !== null) return READ;
    const came = codingsOf(response.headers);
    const wanted = codingsOf(headers).join();
    if (wanted !== "" && wanted !== came.join()) {
      const expected = came.length === 0 ? "none" : `${came.join(", ")}, as it came, or none`;
      return `expected content-encoding of what was fetched to be ${expected}; got ${wanted}`;
    }
    const isRaw = wanted === came.join();
    if (isRaw && this.#whole !== null) return bytesOf(this.#whole);
    const body = this.#opened();
    if (body === null) return READ;
    try {
      this.#reading = isRaw ? body : decoded(body, came);
    } catch (thrown) {
      return thrown instanceof FetchRefusal ? thrown.message : READ;
    }
    const contentLength = isRaw ? response.contentLength : -1;
    return new HandedBody({ body: this.#reading, contentLength, done: () => this.close() });
  }

  /** Null: there is none yet. One that came with the head is a stream for those who need one. */
  #opened(): FetchedBody | null {
    if (this.#body !== null || this.#whole === null) return this.#body;
    this.#body = new FetchedBody(this.#hop);
    if (this.#whole.length > 0) this.#body.add(bytesOf(this.#whole));
    this.#body.complete();
    return this.#body;
  }

  /** Its call is over, or nobody wants it any more. */
  close(): void {
    this.#body?.destroy();
    this.#reading?.destroy();
    this.#hop.destroy();
    this.#pieces?.over();
    this.#end();
  }

  /** A reading of the body ends with the body. */
  readonly #nothing: HostCall = { close: () => undefined };

  // What the hop tells.

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    try {
      const next = nextOrder(this.#order, response);
      if (next !== null) return this.#follow(next);
    } catch (thrown) {
      return this.onRefused(thrown);
    }
    this.#response = response;
    if (isComplete) {
      this.#whole = first ?? "";
      this.#end();
      this.#pieces?.over();
    } else {
      this.#body = new FetchedBody(this.#hop);
      if (first !== null && first.length > 0) this.#body.add(bytesOf(first));
    }
    this.#owner.answered(this);
    const parts = { response, page: this.#order.url.page, isRedirected: this.#redirects > 0 };
    const whole = isComplete ? first : null;
    this.#answer(headAnswer(parts, whole, this.#owner.bodyBytesMax), true);
  }

  onData(chunk: Buffer): boolean {
    return this.#body?.add(chunk) ?? true;
  }

  onEnd(): void {
    this.#body?.complete();
    this.#end();
  }

  onBroken(error: SluiceError): void {
    this.#body?.failed(error);
    this.#end();
  }

  onRoom(): void {
    this.#pieces?.onRoom();
  }

  onRefused(thrown: unknown): void {
    if (this.#isOver) return;
    this.#hop.destroy();
    this.#pieces?.over();
    this.#end();
    this.#owner.answered(this);
    this.#answer(refusalAnswer(thrown));
  }

  /** The body of a redirect is of no interest: its connection goes with it, if it is not done. */
  #follow(next: Order): void {
    this.#hop.destroy();
    this.#pieces?.over();
    if (++this.#redirects > FETCH_LIMITS.redirects) {
      throw new FetchRefusal(`fetch: over ${FETCH_LIMITS.redirects} redirects`);
    }
    this.#owner.countHop();
    this.#order = next;
    this.#hop = new Hop(next, this.#owner, this);
    this.#hop.start();
  }

  /** Nothing is under way any more: another may have its place. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.left(this);
  }
}
