// The streams of a session: what their users do with them, and when they are gone. Those that came
// to nothing for what the other side did cost of a budget.

import { IdTable } from "../wire/id-table.ts";
import type { Budget } from "./budget.ts";
import { headersFrames, resetFrame, windowUpdateFrame } from "./frame-writer.ts";
import { NO_TABLE } from "./hpack-encoder.ts";
import { HTTP2_LIMITS } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { CODE, ConnectionError, WINDOW_BYTES, WINDOW_BYTES_MAX, wrong } from "./protocol.ts";
import { ResetStreams } from "./reset-streams.ts";
import { SessionStream } from "./session-stream.ts";

export interface StreamsOptions {
  readonly nowMs: () => number;
  /** What those cost that come to nothing. */
  readonly lost: Budget;
  /** One is gone. */
  readonly closed: () => void;
  /** As SessionOptions have it; null: it is reset at once. */
  readonly answered: ((stream: SessionStream) => void) | null;
}

export class Streams {
  /** The last one that was opened, by the client of the session. */
  last = 0;
  /** Those of which frames may still come. */
  readonly resets = new ResetStreams();
  readonly #outbox: Outbox;
  readonly #options: StreamsOptions;
  readonly #open = new IdTable<SessionStream>();
  #hasSentBlock = false;

  constructor(outbox: Outbox, options: StreamsOptions) {
    this.#outbox = outbox;
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): SessionStream | undefined {
    return this.#open.get(id) ?? undefined;
  }

  /** As they were opened. */
  all(): readonly SessionStream[] {
    const all: SessionStream[] = [];
    this.#open.forEach((stream) => {
      all.push(stream);
    });
    return all.sort((a, b) => a.id - b.id);
  }

  /** Only idle ones have higher numbers, and nothing but HEADERS may come on them. */
  known(id: number): SessionStream | undefined {
    if (id > this.last) throw wrong(CODE.protocolError, "a frame on a stream that is idle");
    return this.get(id);
  }

  /** The other side opens one. Null: there are too many, and it was told so. */
  open(id: number, isEnd: boolean, sendWindow: number): SessionStream | null {
    if (this.#open.size >= HTTP2_LIMITS.streams) {
      this.#outbox.add(resetFrame(id, CODE.refusedStream));
      if (!isEnd) this.resets.add(id, WINDOW_BYTES);
      this.lose();
      return null;
    }
    const openedMs = this.#options.nowMs();
    const receiveWindow = WINDOW_BYTES;
    const begin = { openedMs, isRemoteEnded: isEnd, sendWindow, receiveWindow };
    return this.#add(new SessionStream(id, begin));
  }

  /** One of ours begins, with these fields. */
  begin(block: string, isEnd: boolean, sendWindow: number): SessionStream {
    this.last += this.last === 0 ? 1 : 2;
    const openedMs = this.#options.nowMs();
    const receiveWindow = HTTP2_LIMITS.downloadWindowBytes;
    const begin = { openedMs, isRemoteEnded: false, sendWindow, receiveWindow };
    const stream = this.#add(new SessionStream(this.last, begin));
    this.sendHeaders(stream, block, isEnd);
    return stream;
  }

  #add(stream: SessionStream): SessionStream {
    this.#open.set(stream);
    return stream;
  }

  // What their users do.

  /** @param isEnd  nothing follows */
  sendHeaders(stream: SessionStream, block: string, isEnd: boolean): void {
    if (stream.isClosed || stream.isLocalEnded) return;
    const frames = this.#headersFrames(stream, block, isEnd);
    if (isEnd) this.#outbox.addLast(stream, frames);
    else this.#outbox.add(frames);
  }

  /** Fields and all of a body, as `sendHeaders` and `sendData` have them. */
  sendWhole(stream: SessionStream, block: string, body: Buffer | string): boolean {
    if (stream.isClosed || stream.isLocalEnded) return true;
    const head = this.#headersFrames(stream, block, false);
    if (this.#outbox.addWhole(stream, head, body)) return true;
    this.#outbox.add(head);
    return this.sendData(stream, body, true);
  }

  /** False: the user is told by `onRoom` when to go on. */
  sendData(stream: SessionStream, chunk: Buffer | string, isEnd: boolean): boolean {
    if (stream.isClosed || stream.isLocalEnded) return true;
    return this.#outbox.write(stream, chunk, isEnd);
  }

  /** @param trailers  an encoded block; empty: none */
  sendEnd(stream: SessionStream, trailers: string): void {
    if (stream.isClosed || stream.isLocalEnded || stream.end !== null) return;
    const frames = trailers === "" ? "" : this.#headersFrames(stream, trailers, true);
    this.#outbox.end(stream, frames);
  }

  /** So much of what came was used: as much more may come, unless nobody wants it. */
  use(stream: SessionStream, bytes: number): void {
    stream.usedBytes += bytes;
    if (stream.usedBytes < HTTP2_LIMITS.windowUpdateBytes) return;
    if (stream.isClosed || stream.isRemoteEnded || stream.isAnswered) return;
    this.#outbox.add(windowUpdateFrame(stream.id, stream.usedBytes));
    stream.receiveWindow += stream.usedBytes;
    stream.usedBytes = 0;
  }

  /** Its user is done: what waits leaves, and what still comes is of no interest. */
  finish(stream: SessionStream): void {
    stream.isFinished = true;
    this.settle(stream);
  }

  /** Breaks it off; the user is not told. */
  reset(stream: SessionStream, code: number): void {
    if (stream.isClosed) return;
    this.#outbox.add(resetFrame(stream.id, code));
    if (!stream.isRemoteEnded) this.resets.add(stream.id, stream.receiveWindow);
    this.close(stream);
  }

  /** All of them, for nobody is left to answer; their users are told. A whole answer counts. */
  breakOff(): void {
    for (const stream of this.all()) {
      this.reset(stream, stream.isLocalEnded ? CODE.noError : CODE.internalError);
      stream.user?.onReset(CODE.internalError);
    }
  }

  // What the session does.

  /** So much more may be sent on it; less, if a setting took it back. */
  widen(stream: SessionStream, bytes: number): void {
    stream.sendWindow += bytes;
    if (stream.sendWindow > WINDOW_BYTES_MAX) {
      throw wrong(CODE.flowControlError, "a window that is too large");
    }
    this.#outbox.takeTurn(stream);
  }

  /** The other side takes so much more of it. */
  openWindow(stream: SessionStream, bytes: number): void {
    if (stream.sendWindow + bytes <= WINDOW_BYTES_MAX) this.widen(stream, bytes);
    else this.fault(stream, CODE.flowControlError);
  }

  /** The other side broke a rule on it: it is reset, and its user told. */
  fault(stream: SessionStream, code: number): void {
    this.reset(stream, code);
    stream.user?.onReset(code);
    this.lose();
  }

  /** The other side has reset it. */
  leave(stream: SessionStream, code: number): void {
    const isYoung = this.#options.nowMs() - stream.openedMs < HTTP2_LIMITS.youngStreamMs;
    this.close(stream);
    stream.user?.onReset(code);
    if (isYoung && !stream.isLocalEnded) this.lose();
  }

  /** The other side says that it never looks at it: what it answers all the same is no mistake. */
  disown(stream: SessionStream): void {
    if (!stream.isRemoteEnded) this.resets.add(stream.id, stream.receiveWindow);
    this.close(stream);
  }

  sentWhole(stream: SessionStream): void {
    stream.isLocalEnded = true;
    this.settle(stream);
  }

  /** What is whole in both directions is closed; who has said all may stop who has not. */
  settle(stream: SessionStream): void {
    if (stream.isClosed || !stream.isLocalEnded) return;
    const { lost, answered } = this.#options;
    if (stream.isRemoteEnded) {
      lost.earn(1);
      this.close(stream);
    } else if (stream.isFinished) {
      if (answered === null) this.reset(stream, CODE.noError);
      else answered(stream);
    }
  }

  close(stream: SessionStream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.#open.delete(stream.id);
    this.#outbox.forget(stream);
    stream.drop();
    stream.user?.onClosed();
    this.#options.closed();
    if (this.#open.size === 0) this.#outbox.hurry();
  }

  /** A stream came to nothing, for what the other side did. Throws ConnectionError. */
  lose(): void {
    if (this.#options.lost.spend()) return;
    throw new ConnectionError(CODE.enhanceYourCalm, "streams that come to nothing");
  }

  #headersFrames({ id }: SessionStream, block: string, isEnd: boolean): string {
    const begin = this.#hasSentBlock ? "" : NO_TABLE;
    this.#hasSentBlock = true;
    return headersFrames(id, begin + block, isEnd);
  }
}
