// A body on its way through its hooks: decoded, chunk by chunk or whole, replaced or dropped,
// encoded again. One hook call at a time; what comes meanwhile waits, bounded, and the sender is
// held back.
//
//     write ─▶ decoder ─▶ queue ─▶ hooks ─▶ encoder ─▶ sink.write

import type { Duplex } from "node:stream";
import { ByteQueue } from "../base/byte-queue.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { decoderFor, encoderFor } from "../http1/coding.ts";
import type { Layer } from "../phases/layer.ts";
import type { Outcome } from "../phases/outcome.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { NOTHING, type Unread, unreadError } from "./unread.ts";

export interface BodyFilterOptions {
  readonly sequence: PhaseSequence;
  /** Whose hooks they are. */
  readonly layer: Layer;
  /** CHAIN of the body hooks. */
  readonly chain: number;
  /** Coding of what comes in, and of what goes out; empty: none. */
  readonly decode: string;
  readonly encode: string;
  /** Bytes up to which the body is kept whole; 0: chunks. */
  readonly bufferBytes: number;
  /** What a body is that is too large to keep, or that cannot be decoded. */
  readonly errors: { readonly tooLarge: ErrorCode; readonly invalid: ErrorCode };
  /** Where what the hooks make is weighed until it has left. */
  readonly unread: Unread;
}

export interface BodyFilterSink {
  /** False: wait for `unblock`. `left` is to be called when the chunk has left, or never will. */
  write(chunk: Buffer, left: () => void): boolean;
  end(): void;
  failed(error: SluiceError): void;
  /** After a `write` to the filter that returned false: write on. */
  onRoom(): void;
}

export class BodyFilter {
  readonly #options: BodyFilterOptions;
  readonly #sink: BodyFilterSink;
  readonly #decoder: Duplex | null;
  readonly #encoder: Duplex | null;
  readonly #queue = new ByteQueue();
  #bytesIn = 0;
  #bytesOut = 0;
  #hasEnded = false;
  #isRunning = false;
  #isBlocked = false;
  /** A `write` returned false, and `onRoom` is still owed. */
  #isHolding = false;
  /** The coding's own end has come; bytes behind it are nobody's, and bounded. */
  #isDecoded = false;
  #strayBytes = 0;
  #isInputOver = false;
  #isOver = false;
  /** What the encoder has yet to take has left: it says so, unless it is destroyed. */
  #leftEncoder: () => void = NOTHING;

  constructor(options: BodyFilterOptions, sink: BodyFilterSink) {
    this.#options = options;
    this.#sink = sink;
    this.#decoder = options.decode === "" ? null : decoderFor(options.decode);
    this.#encoder = options.encode === "" ? null : encoderFor(options.encode);
    this.#decoder?.on("data", (chunk: Buffer) => this.#decoded(chunk));
    this.#decoder?.on("end", () => this.#decodedAll());
    this.#decoder?.on("drain", () => this.#madeRoom());
    this.#decoder?.on("error", (cause) => this.#invalid(cause));
    this.#encoder?.on("data", (chunk: Buffer) => {
      if (!sink.write(chunk, NOTHING)) this.#block();
    });
    this.#encoder?.on("drain", () => this.#pump());
    this.#encoder?.on("end", () => sink.end());
  }

  /** False: wait for the sink's `onRoom`. */
  write(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    this.#bytesIn += chunk.length;
    if (this.#decoder === null) this.#push(chunk);
    const hasRoom = this.#decoder === null ? !this.#isFull : this.#decode(this.#decoder, chunk);
    if (!hasRoom) this.#isHolding = true;
    return hasRoom;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isInputOver = true;
    if (this.#decoder === null || this.#bytesIn === 0 || this.#isDecoded) this.#inputEnded();
    else this.#decoder.end();
  }

  /** What was written has left. */
  unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#encoder?.resume();
    this.#pump();
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#isOver = true;
    this.#queue.clear();
    this.#decoder?.destroy();
    this.#encoder?.destroy();
    this.#leftEncoder();
  }

  /** So much waits for its hook that no more should come. */
  get #isFull(): boolean {
    return this.#options.bufferBytes === 0 && this.#queue.bytes >= LIMITS.filterQueueBytes;
  }

  #decode(decoder: Duplex, chunk: Buffer): boolean {
    if (!this.#isDecoded) return decoder.write(chunk);
    this.#strayBytes += chunk.length;
    if (this.#strayBytes > LIMITS.filterStrayBytes) {
      const message = `over ${LIMITS.filterStrayBytes} bytes behind the end of the coded body`;
      this.#fail(new SluiceError(this.#options.errors.invalid, message));
    }
    return true;
  }

  #decoded(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#bytesOut += chunk.length;
    const isBomb =
      this.#bytesOut > LIMITS.decodedFreeBytes &&
      this.#bytesOut > this.#bytesIn * LIMITS.decodedRatio;
    if (isBomb) {
      const message = `a body that decodes to over ${LIMITS.decodedRatio} times its size`;
      this.#fail(new SluiceError(this.#options.errors.tooLarge, message));
      return;
    }
    this.#push(chunk);
    if (this.#isFull) this.#decoder?.pause();
  }

  /** Not the end yet while the sender goes on: its message must be read to its own end. */
  #decodedAll(): void {
    this.#isDecoded = true;
    if (this.#isInputOver) this.#inputEnded();
    else this.#madeRoom();
  }

  #push(chunk: Buffer): void {
    const { bufferBytes, errors } = this.#options;
    this.#queue.push(chunk);
    if (bufferBytes > 0 && this.#queue.bytes > bufferBytes) {
      const message = `a body of over ${bufferBytes} bytes for a hook that wants it whole`;
      this.#fail(new SluiceError(errors.tooLarge, message));
      return;
    }
    this.#pump();
  }

  #inputEnded(): void {
    this.#hasEnded = true;
    this.#pump();
  }

  /** Starts the next hook call, if there is something for it and nothing in its way. */
  #pump(): void {
    if (this.#isRunning || this.#isBlocked || this.#isOver) return;
    if (this.#encoder?.writableNeedDrain) return;
    const isWhole = this.#options.bufferBytes > 0;
    if (isWhole && !this.#hasEnded) return;
    if (this.#queue.bytes === 0 && !this.#hasEnded) return;
    const bytes = (isWhole ? this.#queue.takeWhole() : this.#queue.shift()) ?? EMPTY;
    const isEnd = this.#hasEnded && this.#queue.bytes === 0;
    this.#isRunning = true;
    const { sequence, layer, chain } = this.#options;
    const done = (outcome: Outcome): void => this.#ran(outcome, bytes, isEnd);
    sequence.runIn(layer, chain, done, { bytes, isEnd });
  }

  #ran(outcome: Outcome, bytes: Buffer, isEnd: boolean): void {
    this.#isRunning = false;
    if (this.#isOver) return;
    if (outcome.error !== null) return this.#fail(outcome.error);
    const out = outcome.body ?? bytes;
    const left = outcome.body === null ? NOTHING : this.#options.unread.hold(out.length);
    if (left === null) return this.#fail(unreadError());
    if (out.length > 0) this.#emit(out, left);
    if (isEnd) return this.#finish();
    this.#madeRoom();
    this.#pump();
  }

  #emit(out: Buffer, left: () => void): void {
    if (this.#encoder !== null) {
      this.#leftEncoder = left;
      this.#encoder.write(out, left);
    } else if (!this.#sink.write(out, left)) this.#isBlocked = true;
  }

  #block(): void {
    this.#isBlocked = true;
    this.#encoder?.pause();
  }

  #finish(): void {
    this.#isOver = true;
    if (this.#encoder === null) this.#sink.end();
    else this.#encoder.end();
  }

  #madeRoom(): void {
    const isStream = this.#options.bufferBytes === 0;
    if (isStream && this.#queue.bytes > LIMITS.filterQueueBytes / 2) return;
    this.#decoder?.resume();
    if (!this.#isHolding) return;
    if (this.#decoder?.writableNeedDrain && !this.#isDecoded) return;
    this.#isHolding = false;
    this.#sink.onRoom();
  }

  #invalid(cause: Error): void {
    const message = `a body that is not valid ${this.#options.decode}: ${cause.message}`;
    this.#fail(new SluiceError(this.#options.errors.invalid, message));
  }

  #fail(error: SluiceError): void {
    if (this.#isOver) return;
    this.destroy();
    this.#sink.failed(error);
  }
}

const EMPTY = Buffer.alloc(0);
