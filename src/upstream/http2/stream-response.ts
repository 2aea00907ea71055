// The receiving half of an exchange on HTTP/2: fields and body bytes of a stream in, the sink's
// callbacks out, in order. Only END_STREAM behind a whole body is the end of a response.

import { monotonicMs } from "../../base/clock.ts";
import { SluiceError } from "../../base/errors.ts";
import type { ResponseHead } from "../../http1/messages.ts";
import { BodyInput, type BodyReader } from "../../http2/body-input.ts";
import { InterimAllowance } from "../interim-allowance.ts";
import type { UpstreamLimits } from "../limits.ts";
import { protocolFault, toUpstreamResponse } from "../response-head.ts";
import type { ResponseSink } from "../transport.ts";
import type { ResponseFields } from "./response-fields.ts";

export interface ResponseOwner {
  readonly limits: UpstreamLimits;
  /** The peer did its part: its time starts anew. */
  onProgress(): void;
  /** So much of the body was passed on. */
  onUsed(bytes: number): void;
  /** The exchange is over, before its sink hears of it. */
  onResponseOver(): void;
}

export class StreamResponse implements BodyReader {
  /** Something of it has come. */
  hasBegun = false;
  readonly #method: string;
  readonly #sink: ResponseSink;
  readonly #owner: ResponseOwner;
  #interims: InterimAllowance | null = null;
  /** Until the sink has it. */
  #head: ResponseHead | null = null;
  /** Null: no final head has come. */
  #input: BodyInput | null = null;
  #trailers = "";
  #isOver = false;

  constructor(method: string, sink: ResponseSink, owner: ResponseOwner) {
    this.#method = method;
    this.#sink = sink;
    this.#owner = owner;
  }

  get hasHead(): boolean {
    return this.#input !== null;
  }

  /** All of it has come, though not all of it may have been passed on. */
  get isWhole(): boolean {
    return this.#input?.hasEnded === true;
  }

  get isPaused(): boolean {
    return this.#input?.isPaused === true;
  }

  pause(): void {
    if (this.#input !== null) this.#input.isPaused = true;
  }

  resume(): void {
    this.#input?.resume();
  }

  /** From here on nobody hears anything. */
  stop(): void {
    this.#isOver = true;
    this.#input?.stop();
  }

  // What the stream tells. Each throws SluiceError for what may not come.

  takeFields(fields: ResponseFields, isEnd: boolean): void {
    this.hasBegun = true;
    if (this.#input === null) return this.#takeHead(fields.head(this.#method), isEnd);
    if (!isEnd) throw protocolFault("a second head");
    this.#trailers = fields.trailers();
  }

  takeData(chunk: Buffer): void {
    this.hasBegun = true;
    if (this.#input === null) throw protocolFault("a body before its head");
    if (!this.#input.take(chunk)) throw protocolFault("its body is longer than was said");
    this.#owner.onProgress();
  }

  takeEnd(): void {
    if (this.#input === null) throw protocolFault("an end without a head");
    if (this.#input.end(this.#trailers)) return;
    throw new SluiceError("upstream_aborted", "Cannot read response: its body is cut short");
  }

  #takeHead(head: ResponseHead, isEnd: boolean): void {
    if (head.status < 200) return this.#takeInterim(head, isEnd);
    this.#input = new BodyInput(head.contentLength, this);
    if (isEnd) {
      this.#head = head; // it is told with its end, as the whole response
      return;
    }
    this.#owner.onProgress();
    this.#sink.onHead(toUpstreamResponse(head), null, false);
  }

  #takeInterim(head: ResponseHead, isEnd: boolean): void {
    if (isEnd) throw protocolFault("an interim response that ends its stream");
    const nowMs = monotonicMs();
    this.#interims ??= new InterimAllowance(this.#owner.limits, nowMs);
    if (!this.#interims.take(nowMs)) throw protocolFault("too many interim responses");
    this.#owner.onProgress();
    this.#sink.onInformational(head);
  }

  // What the input tells.

  used(bytes: number): void {
    this.#owner.onUsed(bytes);
  }

  onBytes(chunk: Buffer): boolean {
    return this.#isOver || this.#sink.onData(chunk);
  }

  onWhole(trailers: string): void {
    const head = this.#head;
    this.#isOver = true;
    this.#owner.onResponseOver();
    if (head === null) this.#sink.onEnd(trailers);
    else this.#sink.onHead(toUpstreamResponse(head), null, true);
  }
}
