// The response on its way down: what came while its hooks looked at the head is held; then the head
// goes out and the body after it, through its hooks if the script has any. A response that is whole
// when its hooks are done leaves in one write with its length.

import { ByteQueue } from "../base/byte-queue.ts";
import type { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import type { BodyFilter, BodyFilterSink } from "./body-filter.ts";
import type { Responder } from "./respond.ts";
import { NOTHING } from "./unread.ts";

export interface DownloadEvents {
  /** The flow from the upstream. */
  pause(): void;
  resume(): void;
  /** The answer is complete. */
  finished(): void;
  failed(error: SluiceError): void;
}

export class Download implements BodyFilterSink {
  /** The head is out, or about to be: this exchange has its answer. */
  isResponding = false;
  readonly #responder: Responder;
  readonly #events: DownloadEvents;
  #response: UpstreamResponse | null = null;
  /** What came with the head, and what came behind it while it was held. */
  #first: Buffer | string | null = null;
  #held: ByteQueue | null = null;
  /** Trailers of a response that ended while it was held. */
  #heldEnd: string | null = null;
  #trailers = "";
  #filter: BodyFilter | null = null;
  /** Filtered chunks of a response that is whole: they wait for its length. */
  #collected: ByteQueue | null = null;

  constructor(responder: Responder, events: DownloadEvents) {
    this.#responder = responder;
    this.#events = events;
  }

  hold(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    this.#response = response;
    this.#first = first;
    if (isComplete) this.#heldEnd = "";
  }

  /** The attempt is over. */
  reset(): void {
    this.#filter?.destroy();
    this.#filter = null;
    this.#response = null;
    this.#first = null;
    this.#held = null;
    this.#heldEnd = null;
    this.#collected = null;
  }

  /** The hooks are done with the head. */
  start(filter: BodyFilter | null): void {
    const response = this.#response;
    if (response === null) return;
    this.isResponding = true;
    const first = this.#first;
    const held = this.#held;
    this.#first = null;
    this.#held = null;
    if (filter !== null) this.#startFiltered(filter, response, chunksOf(first, held));
    else this.#startPlain(response, held?.whole() ?? first);
  }

  /** A body chunk from the upstream. False: no more until `resume`. */
  data(chunk: Buffer): boolean {
    if (!this.isResponding) {
      this.#held ??= queueOf(this.#first);
      this.#held.push(chunk);
      return false;
    }
    return this.#filter === null ? this.#responder.write(chunk) : this.#filter.write(chunk);
  }

  ended(trailers: string): void {
    this.#trailers = trailers;
    if (!this.isResponding) this.#heldEnd = trailers;
    else if (this.#filter !== null) this.#filter.end();
    else this.end();
  }

  /** The client takes more. */
  onWritable(): void {
    if (this.#filter === null) this.#events.resume();
    else this.#filter.unblock();
  }

  #startPlain(response: UpstreamResponse, body: Buffer | string | null): void {
    const isWhole = this.#heldEnd !== null;
    const hasRoom = this.#responder.begin(response, body, this.#heldEnd);
    if (isWhole) {
      if (!this.#responder.isEnded) this.#responder.end(this.#heldEnd ?? "");
      this.#events.finished();
    } else if (hasRoom) this.#events.resume();
    else this.#events.pause();
  }

  #startFiltered(filter: BodyFilter, response: UpstreamResponse, held: readonly Buffer[]): void {
    this.#filter = filter;
    if (this.#heldEnd === null) this.#responder.begin(response, null, null);
    else this.#collected = new ByteQueue();
    let hasRoom = true;
    for (const chunk of held) hasRoom = filter.write(chunk);
    if (this.#heldEnd !== null) {
      this.#trailers = this.#heldEnd;
      filter.end();
    } else if (hasRoom) this.#events.resume();
  }

  // What a filter tells.

  write(chunk: Buffer, left: () => void): boolean {
    if (this.#collected === null) return this.#responder.write(chunk, left);
    this.#collected.push(chunk);
    if (this.#collected.bytes <= LIMITS.writtenBytes) return true;
    return this.#sendCollected(this.#collected.pieces(), left);
  }

  /** It is too much to be kept for its length: from here on the client takes it as it comes. */
  #sendCollected(chunks: readonly Buffer[], left: () => void): boolean {
    this.#collected = null;
    if (this.#response === null) {
      left();
      return true;
    }
    let hasRoom = this.#responder.begin(this.#response, null, null);
    for (const [i, chunk] of chunks.entries()) {
      hasRoom = this.#responder.write(chunk, i === chunks.length - 1 ? left : NOTHING);
    }
    return hasRoom;
  }

  end(): void {
    if (this.#collected !== null && this.#response !== null) {
      const body = this.#collected.takeWhole();
      // trailers need chunks
      const contentLength = this.#trailers === "" ? (body?.length ?? 0) : -1;
      this.#responder.begin({ ...this.#response, contentLength }, body, this.#trailers);
    }
    if (!this.#responder.isEnded) this.#responder.end(this.#trailers);
    this.#events.finished();
  }

  failed(error: SluiceError): void {
    // nothing of a collected answer is out yet
    if (this.#collected !== null) this.isResponding = false;
    this.#events.failed(error);
  }

  onRoom(): void {
    this.#events.resume();
  }
}

/** What came with the head is the first of what is held, once more has come. */
function queueOf(first: Buffer | string | null): ByteQueue {
  const queue = new ByteQueue();
  if (first !== null) queue.push(bytesOf(first));
  return queue;
}

function chunksOf(first: Buffer | string | null, held: ByteQueue | null): readonly Buffer[] {
  if (held !== null) return held.pieces();
  return first === null ? [] : [bytesOf(first)];
}

const bytesOf = (body: Buffer | string): Buffer =>
  typeof body === "string" ? Buffer.from(body, "latin1") : body;
