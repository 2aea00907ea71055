// The request's body as it comes from the client: kept while it is small, so that it can be sent
// again; kept whole when a hook wants to read it; bounded. It waits between two attempts; what
// takes it on its way up is the upload of one attempt, or a hook that reads it piece by piece.

import { ByteQueue } from "../base/byte-queue.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { optionOf } from "../phases/layer.ts";
import type { GiveAnswer, HostCall } from "../sandbox/host-call.ts";
import { BodyReading, type ReadBody } from "./body-reading.ts";
import type { ClientStream } from "./client-stream.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { requestTrailers } from "./trailers.ts";
import type { Upload, UploadBody } from "./upload.ts";

type WholeDone = (error: string | null, body: Buffer) => void;

export class RequestBody implements UploadBody, ReadBody {
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
  /** A hook that reads it piece by piece. */
  #reading: BodyReading | null = null;

  constructor(begin: ServingBegin) {
    this.#client = begin.client;
    this.#begin = begin;
    begin.exchange.readBody = (bytesMax, done) => this.#readWhole(bytesMax, done);
    begin.exchange.streamBody = (bytesMax, answer) => this.#read(bytesMax, answer);
  }

  /** By what it says of itself, or since a hook has read more of it than can be kept. */
  get isTooLarge(): boolean {
    if (!this.#isReplayable) return true;
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
    this.#endReading(ON_ITS_WAY);
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

  /** It goes to no upstream any more. `mayRead`: a hook may still read it; else nobody does. */
  stop(mayRead = false): void {
    if (!mayRead) this.#endReading("the request is over");
    if (this.#reading !== null) this.#startAhead();
    if (this.#reading === null) this.hold();
    this.#kept.clear();
    this.#isReplayable = false;
    this.#readers = [];
  }

  // What the client tells.

  /** Throws body_too_large. */
  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    const { capture, exchange, context } = this.#begin;
    capture?.requestBody.add(chunk);
    const bytesMax = optionOf(exchange, "requestBodyBytesMax") ?? context.bodyBytesMax;
    if (this.bytes > bytesMax) {
      throw new SluiceError("body_too_large", `a body of over ${bytesMax} bytes`);
    }
    this.#keep(chunk);
    const taker = this.#upload ?? this.#reading;
    if (taker === null) return;
    const hasRoom =
      taker === this.#reading ? taker.add(chunk) : (this.#upload?.take(chunk) ?? true);
    if (!hasRoom) this.#client.pauseBody();
  }

  finish(trailers: string): void {
    this.#begin.exchange.timings?.uploaded();
    this.#isWhole = true;
    this.#trailers = trailers;
    if (this.#readers.length > 0) this.#tellWhole();
    this.#upload?.takeEnd(trailers);
    this.#reading?.end();
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
    if (!isHere) return done(ON_ITS_WAY, EMPTY);
    // another layer may have had it kept that may keep more
    if (this.#isWhole && this.bytes > this.#keptMax) return done(this.#tooLarge, EMPTY);
    this.#readers.push(done);
    if (this.#isWhole || this.bytes > bytesMax) this.#tellWhole();
    else if (!this.#hasStarted) this.#start();
    else this.#client.resumeBody();
  }

  /**
   * For a hook that reads it piece by piece. It can be forwarded all the same, as long as it is no
   * larger than a body that hooks may have whole.
   */
  #read(bytesMax: number, answer: GiveAnswer): HostCall {
    const reading = new BodyReading(this);
    this.#keptMax = Math.max(bytesMax, LIMITS.replayBytes);
    answer(OPENED, true);
    const isHere = this.#isReplayable && (this.#isWhole || this.#upload === null);
    if (!isHere) reading.fail(ON_ITS_WAY);
    else if (this.#reading !== null) reading.fail("the request body is being read already");
    if (!isHere || this.#reading !== null) return reading;
    for (const chunk of this.#kept.pieces()) reading.add(chunk);
    this.#reading = reading;
    if (this.#isWhole) reading.end();
    return reading;
  }

  #endReading(reason: string): void {
    const reading = this.#reading;
    this.#reading = null;
    reading?.fail(reason);
  }

  // What the reading tells.

  resumeReading(reading: BodyReading): void {
    if (this.#reading !== reading || this.#isWhole) return;
    if (this.#hasStarted) this.#client.resumeBody();
    else this.#start();
  }

  readingClosed(reading: BodyReading): void {
    if (this.#reading !== reading) return;
    this.#reading = null;
    if (this.#upload === null) this.hold();
  }

  /** Behind the head of the answer a client that waits for a 100 could not be told any more. */
  #startAhead(): void {
    if (this.#hasStarted || this.#isWhole || !this.#begin.head.expectContinue) return;
    this.#client.pauseBody(); // what there is of it is for the reader to ask for
    this.#start();
  }

  #start(): void {
    this.#begin.exchange.timings?.uploading();
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
    if (this.#upload === null && this.#reading === null) {
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
const ON_ITS_WAY = "the request body is on its way already";
const OPENED = { ok: true, text: "", bytes: null };
