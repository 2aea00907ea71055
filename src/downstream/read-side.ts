// The bytes that come from a client, as heads and bodies, in their order. What came early waits
// here, bounded: pipelined requests behind the one under way, a body that nobody wants yet. Knows
// no time and writes nothing.
//
//     │ body of the request under way │ next head │ …      beyond LIMITS.pipelinedBytes the socket
//     └ pending ──────────────────────────────────┘        is not read, so that the client waits

import type { Socket } from "node:net";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { BodyDecoder } from "../http1/body.ts";
import { requestBody } from "../http1/body-decoder.ts";
import { checkUnfinishedHead, headText } from "../http1/head-end.ts";
import type { CodecLimits } from "../http1/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import { parseRequestHead } from "../http1/request.ts";
import { type BeginQueue, Turn } from "./begin-queue.ts";
import type { RequestHandler } from "./client-stream.ts";

/** Behind one that is whole, its answer may be under way. */
export type InputEnd = "between requests" | "within a request" | "behind a request";

export interface ReadSideOwner {
  /** Whether a next request may begin: none is under way, and the client takes its answers. */
  readonly canBegin: boolean;
  /** The exchange may be over when this returns. As ConnectionOwner's `begin` has it. */
  onHead(head: RequestHead, isShed: boolean): RequestHandler | null;
  /** A head waits in the queue. */
  onTurnAwaited(): void;
  onBadHead(error: SluiceError): void;
  /** A part of a body was read: so many bytes of it, framing included. */
  onBodyRead(bytes: number): void;
  /** The client's half has ended, and all that came before is worked through. */
  onInputOver(where: InputEnd): void;
}

export class ReadSide {
  /** Of the request under way. */
  handler: RequestHandler | null = null;
  readonly #socket: Socket;
  readonly #owner: ReadSideOwner;
  readonly #codec: CodecLimits;
  readonly #turn: Turn;
  #pending: Buffer | null = null;
  /** What is pending is a window on the read buffer: it is copied before it is kept. */
  #isBorrowed = false;
  /** Bytes of an unfinished head that have been looked at. */
  #seen = 0;
  #isInRequest = false;
  #body: BodyDecoder | null = null;
  #isReadingBody = false;
  #isBodyPaused = false;
  /** So much waits that nothing more is read until it has gone. */
  #isFull = false;
  #hasEnded = false;
  #isAdvancing = false;

  constructor(socket: Socket, owner: ReadSideOwner, queue: BeginQueue, codec: CodecLimits) {
    this.#socket = socket;
    this.#owner = owner;
    this.#codec = codec;
    this.#turn = new Turn(queue, () => this.advance());
  }

  /** May be overwritten by the next read. */
  get pending(): Buffer | null {
    return this.#pending;
  }

  /** Something has come that was not worked through yet. */
  get hasPending(): boolean {
    return this.#pending !== null;
  }

  /** A head has come whole, and waits for its turn. */
  get awaitsTurn(): boolean {
    return this.#turn.isAwaited;
  }

  /** The client's half has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the request under way has been read to its end. */
  get isRequestComplete(): boolean {
    return this.#body === null || this.#body.isDone;
  }

  /** It is the client's turn to send a part of the body. */
  get awaitsBody(): boolean {
    return this.#isReadingBody && !this.#isBodyPaused && !this.isRequestComplete;
  }

  /** @param bytes  are overwritten after this call */
  take(bytes: Buffer): void {
    this.#isBorrowed = this.#pending === null;
    this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes]);
    this.advance();
    this.#own();
  }

  /** What is pending, and may be kept. */
  #own(): Buffer | null {
    if (this.#isBorrowed && this.#pending !== null) this.#pending = Buffer.from(this.#pending);
    this.#isBorrowed = false;
    return this.#pending;
  }

  end(): void {
    this.#hasEnded = true;
    this.advance();
  }

  /** From now on the body of the request under way goes to its handler. */
  startBody(): void {
    this.#isReadingBody = true;
    this.advance();
  }

  pauseBody(): void {
    this.#isBodyPaused = true;
    this.#socket.pause();
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#socket.resume();
    this.advance();
  }

  /** The request under way was read to its end and answered: `advance` goes on to the next. */
  finish(): void {
    this.#isInRequest = false;
    this.handler = null;
    this.#body = null;
    this.#isReadingBody = false;
    if (this.#isBodyPaused || this.#isFull) this.#socket.resume();
    this.#isBodyPaused = false;
    this.#isFull = false;
  }

  /** Nothing more is to be read. Returns what waited. */
  stop(): Buffer | null {
    const rest = this.#own();
    this.#turn.giveUp();
    this.#pending = null;
    this.#isInRequest = false;
    this.handler = null;
    return rest;
  }

  /**
   * Works through what has come. Not entered twice: an exchange may end while its head is read.
   */
  advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#pending !== null) {
      if (!(this.#isInRequest ? this.#readBody() : this.#readHead(this.#pending))) break;
    }
    this.#isAdvancing = false;
    if (this.#isFull && this.#pending === null) {
      this.#isFull = false;
      if (!this.#isBodyPaused) this.#socket.resume();
    }
    if (this.#hasEnded) this.#endWithClient();
  }

  /** Nothing more will come. Is something still waiting for it? */
  #endWithClient(): void {
    if (!this.#isInRequest) {
      // A whole head may wait for its turn, or for an answer to be taken.
      const isWaiting = this.awaitsTurn || !this.#owner.canBegin;
      if (this.#pending === null || !isWaiting) this.#owner.onInputOver("between requests");
      return;
    }
    if (this.#pending !== null) return;
    this.#owner.onInputOver(this.isRequestComplete ? "behind a request" : "within a request");
  }

  /** False: nothing to do with what is there for now. */
  #readHead(pending: Buffer): boolean {
    if (this.awaitsTurn || !this.#owner.canBegin) return this.#hold(pending);
    try {
      const text = headText(pending, 0);
      if (text === "") {
        const bounds = { of: "request", start: 0, fresh: this.#seen } as const;
        checkUnfinishedHead(pending, bounds, this.#codec);
        this.#seen = pending.length;
        return false;
      }
      const entry = this.#turn.take();
      if (entry === "waits") {
        this.#owner.onTurnAwaited();
        return this.#hold(pending);
      }
      const head = parseRequestHead({ text, bytes: pending }, this.#codec);
      const end = text.length;
      this.#pending = end === pending.length ? null : pending.subarray(end);
      this.#begin(head, entry === "shed");
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      this.#owner.onBadHead(thrown);
      return false;
    }
  }

  #begin(head: RequestHead, isShed: boolean): void {
    this.#seen = 0;
    this.#isInRequest = true;
    this.#body = head.contentLength === 0 ? null : requestBody(head, this.#codec);
    const handler = this.#owner.onHead(head, isShed);
    // it may be over already: answered, refused, or the connection gone
    if (this.#isInRequest) this.handler = handler;
  }

  /** The body's chunks are its handler's to keep: one copy a read. */
  #readBody(): boolean {
    const body = this.#body;
    const handler = this.handler;
    const pending = this.#own();
    if (pending === null) return false;
    if (body === null || body.isDone || !this.#isReadingBody || handler === null) {
      return this.#hold(pending);
    }
    if (this.#isBodyPaused) return false;
    try {
      const end = body.feed(pending, 0, handler);
      if (this.#pending !== pending) return false;
      this.#pending = end === pending.length ? null : pending.subarray(end);
      this.#owner.onBodyRead(end);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      handler.onBodyError(thrown);
      return false;
    }
  }

  #hold(pending: Buffer): false {
    if (pending.length > LIMITS.pipelinedBytes) {
      this.#isFull = true;
      this.#socket.pause();
    }
    return false;
  }
}
