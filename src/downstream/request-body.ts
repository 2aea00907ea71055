// The request's body as it comes from the client: kept while it is small, so that it can be sent
// again; kept whole when a hook wants to read it; bounded. It waits between two attempts; what
// takes it on its way up is the upload of one attempt.

import { ByteQueue } from "../base/byte-queue.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { optionOf } from "../phases/layer.ts";
import type { ClientStream } from "./client-stream.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { requestTrailers } from "./trailers.ts";
import type { Upload, UploadBody } from "./upload.ts";

type WholeDone = (error: string | null, body: Buffer) => void;

export class RequestBody implements UploadBody {
  /** Bytes that came so far. */
  bytes = 0;
  readonly #client: ClientStream;
  readonly #begin: ServingBegin;
  /** Of the attempt under way; null: the body waits for one. */
  #upload: Upload | null = null;
  readonly #kept = new ByteQueue();
  #keptMax: number = LIMITS.replayBytes;
  #hasStarted = false;
  #isWhole = false;
  #isReplayable = true;
  #trailers = "";
  /** Hooks that wait for the whole body. */
  #readers: WholeDone[] = [];

  constructor(begin: ServingBegin) {
    this.#client = begin.client;
    this.#begin = begin;
    begin.exchange.readBody = (bytesMax, done) => this.#readWhole(bytesMax, done);
  }

  /** By what it says of itself. */
  get isTooLarge(): boolean {
    const { exchange, head } = this.#begin;
    return head.contentLength > (optionOf(exchange, "requestBodyBytesMax") ?? Infinity);
  }

  /** Whether all that came is still here, so that another attempt can send it. */
  get canReplay(): boolean {
    return this.#isReplayable;
  }

  /** It goes there from now on: first what is kept, then what comes. */
  sendTo(upload: Upload): void {
    // a hook that did not wait for its answer must not hold the body up
    this.#readers = [];
    this.#upload = upload;
    for (const chunk of this.#kept.pieces()) upload.take(chunk);
    if (this.#isWhole) upload.takeEnd(this.#trailers);
    else if (this.#hasStarted) this.#client.resumeBody();
    else this.#start();
  }

  /** The upload that has it is over: it waits for the next. */
  hold(): void {
    this.#upload = null;
    if (this.#hasStarted && !this.#isWhole) this.#client.pauseBody();
  }

  /** Nobody wants the rest: it is read no more. */
  stop(): void {
    this.hold();
    this.#kept.clear();
    this.#isReplayable = false;
    this.#readers = [];
  }

  // What the client tells.

  /** Throws body_too_large. */
  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    const { exchange, context } = this.#begin;
    const bytesMax = optionOf(exchange, "requestBodyBytesMax") ?? context.bodyBytesMax;
    if (this.bytes > bytesMax) {
      throw new SluiceError("body_too_large", `a body of over ${bytesMax} bytes`);
    }
    this.#keep(chunk);
    if (this.#upload !== null && !this.#upload.take(chunk)) this.#client.pauseBody();
  }

  finish(trailers: string): void {
    this.#isWhole = true;
    this.#trailers = trailers;
    if (this.#readers.length > 0) this.#tellWhole();
    this.#upload?.takeEnd(trailers);
  }

  // What the upload tells.

  resume(): void {
    if (!this.#isWhole) this.#client.resumeBody();
  }

  passTrailers(trailers: string): string {
    return requestTrailers(trailers, this.#begin.exchange, this.#begin.decision.route);
  }

  /** Reads the whole body for a hook, up to that size; it is forwarded later all the same. */
  #readWhole(bytesMax: number, done: WholeDone): void {
    this.#keptMax = Math.max(bytesMax, LIMITS.replayBytes);
    const isHere = this.#isReplayable && (this.#isWhole || this.#upload === null);
    if (!isHere) return done("the request body is on its way already", EMPTY);
    // another layer may have had it kept that may keep more
    if (this.#isWhole && this.bytes > this.#keptMax) return done(this.#tooLarge, EMPTY);
    this.#readers.push(done);
    if (this.#isWhole || this.bytes > bytesMax) this.#tellWhole();
    else if (!this.#hasStarted) this.#start();
    else this.#client.resumeBody();
  }

  #start(): void {
    this.#hasStarted = true;
    const { exchange, context } = this.#begin;
    this.#client.startBody(optionOf(exchange, "bodyIdleMs") ?? context.bodyIdleMs);
  }

  #keep(chunk: Buffer): void {
    if (!this.#isReplayable) return;
    if (this.bytes <= this.#keptMax) {
      this.#kept.push(chunk);
      return;
    }
    if (this.#upload === null) {
      // refused to the hook; what came so far, and what of the same read follows, is still the
      // request's
      this.#kept.push(chunk);
      this.#client.pauseBody();
      this.#tellWhole();
      return;
    }
    this.#isReplayable = false;
    this.#kept.clear();
  }

  get #tooLarge(): string {
    return `the request body is larger than ${this.#keptMax} bytes`;
  }

  #tellWhole(): void {
    const readers = this.#readers.splice(0);
    const isRefused = !this.#isWhole;
    const error = isRefused ? this.#tooLarge : null;
    const body = isRefused || readers.length === 0 ? EMPTY : this.#kept.whole();
    for (const done of readers) done(error, body);
  }
}

const EMPTY = Buffer.alloc(0);
