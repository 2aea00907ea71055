// What a session sends. Frames of one pass of the event loop leave in one write. Bodies take turns,
// a frame each, as far as windows allow and the socket takes them; what may not leave waits at its
// stream.

import { Batch } from "./batch.ts";
import { AtEndOfPass } from "./end-of-pass.ts";
import { dataHead } from "./frame-writer.ts";
import { HTTP2_LIMITS } from "./limits.ts";
import { CODE, FRAME_BYTES, WINDOW_BYTES, WINDOW_BYTES_MAX, wrong } from "./protocol.ts";
import { RoomWaiters } from "./room-waiters.ts";
import type { SessionStream } from "./session-stream.ts";

export interface OutboxOwner {
  /** Latin1 text, or bytes. False: wait for `unblock`. */
  send(data: string | Buffer): boolean;
  /** The last frame of the stream is on its way. */
  onSentWhole(stream: SessionStream): void;
  /** A frame of a body was sent that was worth it. */
  onSentData(): void;
  /** What was sent has left. */
  onRoom(): void;
}

export class Outbox {
  /** What may be sent of all bodies together. */
  window = WINDOW_BYTES;
  /** There may be more to send in a moment: nothing is hurried. */
  isHeld = false;
  readonly #owner: OutboxOwner;
  readonly #batch = new Batch();
  #isScheduled = false;
  #isBlocked = false;
  #isClosed = false;
  /** Streams with something to send and a window for it. */
  readonly #turns: SessionStream[] = [];
  /** Streams that wait until there is room. */
  readonly #waiting = new RoomWaiters();

  constructor(owner: OutboxOwner) {
    this.#owner = owner;
  }

  /** So much waits for a socket which takes nothing that there should not be more. */
  get isJammed(): boolean {
    return this.#isBlocked && this.#batch.bytes >= HTTP2_LIMITS.jammedBytes;
  }

  /** Whole frames, which no window holds back. */
  add(frames: string): void {
    this.#put(frames);
    this.#schedule();
  }

  /** The same, with the end of the stream: it may leave before this pass is over. */
  addLast(stream: SessionStream, frames: string): void {
    this.#put(frames);
    this.#owner.onSentWhole(stream);
    if (this.#batch.bytes > 0) this.#schedule();
  }

  /**
   * The head of an answer and all of its body, in one piece. False: it is too large for that, or
   * has to wait, and nothing was done.
   */
  addWhole(stream: SessionStream, head: string, body: Buffer | string): boolean {
    const { length } = body;
    const isSmall = length <= HTTP2_LIMITS.textChunkBytes;
    if (!isSmall || this.#isClosed || !this.#mayPass(stream, length)) return false;
    this.#put(head + dataHead(stream.id, length, true) + textOf(body));
    this.#sent(stream, length, true);
    if (this.#batch.bytes > 0) this.#schedule();
    return true;
  }

  /** A part of a body; text is latin1. False: it waits, and its user is told by `onRoom`. */
  write(stream: SessionStream, chunk: Buffer | string, isEnd: boolean): boolean {
    if (chunk.length === 0 && !isEnd) return true;
    if (this.#mayPass(stream, chunk.length)) {
      if (chunk.length <= HTTP2_LIMITS.textChunkBytes) this.#addText(stream, textOf(chunk), isEnd);
      else this.#addData(stream, bytesOf(chunk), isEnd);
      if (this.#batch.bytes < HTTP2_LIMITS.batchBytes) return true;
    } else {
      stream.enqueue(bytesOf(chunk));
      if (isEnd) stream.end = "";
      this.takeTurn(stream);
    }
    this.#waiting.add(stream);
    return false;
  }

  /** Behind all that was written. `trailers` are whole frames, or empty. */
  end(stream: SessionStream, trailers: string): void {
    stream.end = trailers;
    if (stream.queuedBytes === 0) this.#addEnd(stream);
  }

  /** There may be something to send: more of it, or a window for it. */
  takeTurn(stream: SessionStream): void {
    if (stream.isInTurn || stream.queuedBytes === 0 || stream.sendWindow <= 0) return;
    stream.isInTurn = true;
    this.#turns.push(stream);
    this.#schedule();
  }

  /** The connection's window is larger. Throws ConnectionError. */
  widen(bytes: number): void {
    this.window += bytes;
    if (this.window > WINDOW_BYTES_MAX) {
      throw wrong(CODE.flowControlError, "a window that is too large");
    }
    if (this.#turns.length > 0) this.#schedule();
  }

  /** What there is leaves now, and not at the end of the pass: nothing more is to come in it. */
  hurry(): void {
    if (this.isHeld || this.#isBlocked || this.#isClosed || this.#batch.bytes === 0) return;
    if (!this.#owner.send(this.#batch.take())) this.#isBlocked = true;
  }

  /** The socket takes more. */
  unblock(): void {
    this.#isBlocked = false;
    this.#flush();
  }

  forget(stream: SessionStream): void {
    this.#waiting.delete(stream);
  }

  /** All that may leave does, now: nothing more will. */
  close(): void {
    this.#isClosed = true;
    if (this.#batch.bytes > 0) this.#owner.send(this.#batch.take());
  }

  #put(frames: string): void {
    if (!this.#isClosed) this.#batch.put(frames);
  }

  #mayPass(stream: SessionStream, bytes: number): boolean {
    if (this.#isBlocked || this.#turns.length > 0 || stream.queuedBytes > 0) return false;
    return Math.min(this.window, stream.sendWindow) >= bytes;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBlocked || this.#isClosed) return;
    this.#isScheduled = true;
    endOfPass.add(this);
  }

  /** The pass is at its end. */
  onEndOfPass(): void {
    this.#isScheduled = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#isBlocked || this.#isClosed) return;
    const isHeld = this.isHeld;
    this.isHeld = true;
    this.#fill();
    this.isHeld = isHeld;
    const isFull = this.#batch.bytes >= HTTP2_LIMITS.batchBytes;
    if (this.#batch.bytes > 0 && !this.#owner.send(this.#batch.take())) this.#isBlocked = true;
    if (this.#isBlocked || this.#isClosed) return;
    if (isFull && this.#turns.length > 0) this.#schedule();
    this.#tellRoom();
  }

  /** Streams take turns, a frame each, for as long as one of them can move. */
  #fill(): void {
    let still = 0;
    while (still < this.#turns.length && this.#batch.bytes < HTTP2_LIMITS.batchBytes) {
      const stream = this.#turns.shift();
      if (stream === undefined) return;
      stream.isInTurn = false;
      const hasMoved = this.#moveOn(stream);
      if (hasMoved) still = 0;
      // who drops out says nothing of those behind: they must not be taken for having had a turn
      if (stream.queuedBytes === 0 || stream.sendWindow <= 0 || stream.isInTurn) continue;
      if (!hasMoved) still++;
      stream.isInTurn = true;
      this.#turns.push(stream);
    }
  }

  #moveOn(stream: SessionStream): boolean {
    const bytesMax = Math.min(FRAME_BYTES, this.window, stream.sendWindow);
    if (bytesMax <= 0 || stream.queuedBytes === 0) return false;
    const part = stream.dequeue(bytesMax);
    const isLast = stream.queuedBytes === 0;
    this.#addData(stream, part, isLast && stream.end === "");
    if (!isLast) return true;
    if (stream.end !== null && stream.end !== "") this.#addEnd(stream);
    stream.tellLeft();
    return true;
  }

  #addData(stream: SessionStream, chunk: Buffer, isEnd: boolean): void {
    for (let at = 0; at < chunk.length || at === 0; at += FRAME_BYTES) {
      const part = chunk.length <= FRAME_BYTES ? chunk : chunk.subarray(at, at + FRAME_BYTES);
      const isLast = isEnd && at + part.length === chunk.length;
      if (part.length <= HTTP2_LIMITS.textChunkBytes) this.#addText(stream, textOf(part), isLast);
      else this.#addBytes(stream, part, isLast);
    }
  }

  /** One frame that is short enough to leave as text. */
  #addText(stream: SessionStream, text: string, isEnd: boolean): void {
    this.add(dataHead(stream.id, text.length, isEnd) + text);
    this.#sent(stream, text.length, isEnd);
  }

  #addBytes(stream: SessionStream, part: Buffer, isEnd: boolean): void {
    const head = dataHead(stream.id, part.length, isEnd);
    this.#batch.putChunk(head, part);
    this.#schedule();
    this.#sent(stream, part.length, isEnd);
  }

  #sent(stream: SessionStream, bytes: number, isEnd: boolean): void {
    stream.sendWindow -= bytes;
    stream.sentBytes += bytes;
    this.window -= bytes;
    // small for what was written, and not for the window that cut it
    const isOwnSize = isEnd || stream.queuedBytes === 0;
    if (isOwnSize || bytes >= HTTP2_LIMITS.earningDataBytes) this.#owner.onSentData();
    if (isEnd) this.#owner.onSentWhole(stream);
  }

  #addEnd(stream: SessionStream): void {
    const { end } = stream;
    this.addLast(stream, end === null || end === "" ? dataHead(stream.id, 0, true) : end);
  }

  #tellRoom(): void {
    this.#owner.onRoom();
    this.#waiting.tell();
  }
}

const endOfPass = new AtEndOfPass();

const textOf = (chunk: Buffer | string): string =>
  typeof chunk === "string" ? chunk : chunk.toString("latin1");

const bytesOf = (chunk: Buffer | string): Buffer =>
  typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
