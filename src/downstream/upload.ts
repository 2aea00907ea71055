// The request's body on its way up: kept while it is small, so that it can be sent again; kept
// whole when a hook wants to read it; through its hooks if the script has any; held back while
// the upstream is slow; and bounded.

import { ByteQueue } from "../base/byte-queue.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { LentExchange } from "../upstream/transport.ts";
import type { BodyFilter, BodyFilterSink } from "./body-filter.ts";
import type { ClientConnection } from "./connection.ts";
import { NOTHING } from "./unread.ts";

export interface UploadOptions {
  readonly bytesMax: number;
  readonly idleMs: number;
  /** The client waits for a 100 before it sends (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** A filter for one attempt; null: the body goes as it is. */
  readonly makeFilter: (sink: BodyFilterSink) => BodyFilter | null;
  /** What the origin may have of the client's trailers. */
  readonly passTrailers: (trailers: string) => string;
  /** The filter failed: the exchange has to end. */
  readonly failed: (error: SluiceError) => void;
}

type WholeDone = (error: string | null, body: Buffer) => void;

export class Upload implements BodyFilterSink {
  /** Bytes that came so far. */
  bytes = 0;
  /** The whole body has gone to the connection that it goes to now. */
  isSent = false;
  readonly #client: ClientConnection;
  readonly #options: UploadOptions;
  #upstream: LentExchange | null = null;
  #filter: BodyFilter | null = null;
  readonly #kept = new ByteQueue();
  #keptMax: number = LIMITS.replayBytes;
  #hasStarted = false;
  #isWhole = false;
  #isReplayable = true;
  #trailers = "";
  /** To be called when the upstream has taken what it was given, or will not. */
  #left: () => void = NOTHING;
  /** Hooks that wait for the whole body. */
  #readers: WholeDone[] = [];

  constructor(client: ClientConnection, options: UploadOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Whether all that came is still here, so that another attempt can send it. */
  get canReplay(): boolean {
    return this.#isReplayable;
  }

  /** Reads the whole body for a hook, up to that size; it is forwarded later all the same. */
  readWhole(bytesMax: number, done: WholeDone): void {
    this.#keptMax = Math.max(bytesMax, LIMITS.replayBytes);
    const isHere = this.#isReplayable && (this.#isWhole || this.#upstream === null);
    if (!isHere) return done("the request body is on its way already", EMPTY);
    this.#readers.push(done);
    if (this.#isWhole || this.bytes > bytesMax) this.#tellWhole();
    else if (!this.#hasStarted) this.#start();
    else this.#client.resumeBody();
  }

  /** The body goes to this connection from now on: first what is kept, then what comes. */
  sendTo(upstream: LentExchange): void {
    // a hook that did not wait for its answer must not hold the body up
    this.#readers = [];
    this.isSent = false;
    this.#upstream = upstream;
    this.#filter = this.#options.makeFilter(this);
    for (const chunk of this.#kept.pieces()) this.#pass(chunk);
    if (this.#isWhole) this.#passEnd();
    else if (this.#hasStarted) this.#client.resumeBody();
    else this.#start();
  }

  /** The attempt is over. The body waits for the next. */
  detach(): void {
    this.#upstream = null;
    this.#left();
    this.#filter?.destroy();
    this.#filter = null;
    if (this.#hasStarted && !this.#isWhole) this.#client.pauseBody();
  }

  /** Nobody wants the rest: it is read no more. */
  stop(): void {
    this.detach();
    this.#kept.clear();
    this.#isReplayable = false;
    this.#readers = [];
  }

  /** From the client. Throws body_too_large. */
  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#options.bytesMax) {
      const message = `a body of over ${this.#options.bytesMax} bytes`;
      throw new SluiceError("body_too_large", message);
    }
    this.#keep(chunk);
    if (this.#upstream !== null && !this.#pass(chunk)) this.#client.pauseBody();
  }

  /** The client's body is complete. */
  finish(trailers: string): void {
    this.#isWhole = true;
    this.#trailers = trailers;
    if (this.#readers.length > 0) this.#tellWhole();
    if (this.#upstream !== null) this.#passEnd();
  }

  /** The upstream takes more. */
  resume(): void {
    this.#left();
    if (this.#filter !== null) this.#filter.unblock();
    else this.onRoom();
  }

  // What a filter tells.

  write(chunk: Buffer, left: () => void): boolean {
    const hasRoom = this.#upstream?.write(chunk) ?? true;
    if (hasRoom) left();
    else this.#left = left;
    return hasRoom;
  }

  end(): void {
    this.isSent = true;
    this.#upstream?.end(this.#options.passTrailers(this.#trailers));
  }

  failed(error: SluiceError): void {
    this.#options.failed(error);
  }

  onRoom(): void {
    if (!this.#isWhole) this.#client.resumeBody();
  }

  #pass(chunk: Buffer): boolean {
    if (this.#filter !== null) return this.#filter.write(chunk);
    return this.#upstream?.write(chunk) ?? true;
  }

  #passEnd(): void {
    if (this.#filter !== null) this.#filter.end();
    else this.end();
  }

  #start(): void {
    this.#hasStarted = true;
    if (this.#options.expectsContinue) this.#client.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#client.startBody(this.#options.idleMs);
  }

  #keep(chunk: Buffer): void {
    if (!this.#isReplayable) return;
    if (this.bytes <= this.#keptMax) {
      this.#kept.push(chunk);
      return;
    }
    if (this.#upstream === null) {
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

  #tellWhole(): void {
    const readers = this.#readers.splice(0);
    const isRefused = !this.#isWhole;
    const error = isRefused ? `the request body is larger than ${this.#keptMax} bytes` : null;
    const body = isRefused || readers.length === 0 ? EMPTY : this.#kept.whole();
    for (const done of readers) done(error, body);
  }
}

const EMPTY = Buffer.alloc(0);
