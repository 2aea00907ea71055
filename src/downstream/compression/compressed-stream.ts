// A client's stream whose answers are compressed on their way, where the tenant and the client want
// it. To whoever answers, it is a client's stream like any other. What is under way in an encoder
// when the answer ends has yet to leave: `encoding` says when it has.
//
//     begin, write, end ─▶ encoder ─▶ the stream below       room below, room here ─▶ onWritable

import { SluiceError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { OutgoingResponse } from "../../http1/messages.ts";
import { fieldOf } from "../../wire/headers.ts";
import type { ClientSender, ClientStream, Encoding } from "../client-stream.ts";
import { bytesOf } from "../response-source.ts";
import type { TunnelEnd } from "../tunnel.ts";
import {
  type AskedRequest,
  type Compression,
  compressedHead,
  withTagOf,
  withVary,
} from "./compression.ts";
import { type Coding, type Encoder, encodeAtOnce, openEncoder } from "./encoders.ts";

export interface CompressedParts {
  readonly below: ClientStream;
  readonly compression: Compression;
  readonly request: AskedRequest;
}

/** Whose answer it is. */
export interface CompressedOwner {
  /** There is room again, after a `write` that said there was none. */
  onWritable(): void;
  endWithError(error: SluiceError): void;
}

const NOT_MODIFIED = 304;

export class CompressedStream implements ClientStream, Encoding {
  readonly #below: ClientStream;
  readonly #parts: CompressedParts;
  owner: CompressedOwner | null = null;
  #encoder: Encoder | null = null;
  #trailers = "";
  #ended: { answerSent(): void } | null = null;
  #isOver = false;

  constructor(parts: CompressedParts) {
    this.#parts = parts;
    this.#below = parts.below;
  }

  get sender(): ClientSender {
    return this.#below.sender;
  }

  get acceptsTrailers(): boolean {
    return this.#below.acceptsTrailers;
  }

  get bytesSent(): number {
    return this.#below.bytesSent;
  }

  /** Null: nothing is in an encoder. */
  get encoding(): Encoding | null {
    return this.#encoder === null ? null : this;
  }

  startBody(idleMs: number): void {
    this.#below.startBody(idleMs);
  }

  pauseBody(): void {
    this.#below.pauseBody();
  }

  resumeBody(): void {
    this.#below.resumeBody();
  }

  inform(response: Pick<OutgoingResponse, "status" | "reason" | "headers">): boolean {
    return this.#below.inform(response);
  }

  begin(head: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean {
    const { compression, request } = this.#parts;
    if (head.status === NOT_MODIFIED) {
      const headers = withTagOf(request, withVary(head.headers));
      return this.#below.begin({ ...head, headers }, body, ended);
    }
    const isHead = request.method === "HEAD";
    const wholeBytes = ended === null ? head.contentLength : (body?.length ?? 0);
    const choice = compression.choose(request, head, isHead ? saidLength(head) : wholeBytes);
    if (choice === "none") return this.#below.begin(head, body, ended);
    if (choice === "plain") return this.#beginPlain(head, body, ended);
    if (isHead) return this.#below.begin(compressedHead(head, choice, -1), null, ended);
    if (body !== null && ended !== null && body.length <= LIMITS.encodedAtOnceBytes) {
      return this.#beginWhole(head, encodeAtOnce(choice, bytesOf(body)), { coding: choice, ended });
    }
    const encoder = openEncoder(choice);
    if (encoder === null) return this.#beginPlain(head, body, ended);
    this.#open(encoder);
    const hasRoom = this.#below.begin(compressedHead(head, choice, -1), null, null);
    if (!hasRoom) encoder.pause();
    const takesMore = body === null || this.write(bytesOf(body));
    return hasRoom && takesMore;
  }

  write(chunk: Buffer, left?: () => void): boolean {
    const encoder = this.#encoder;
    if (encoder === null) return this.#below.write(chunk, left);
    return encoder.write(chunk, () => left?.());
  }

  end(trailers: string): void {
    if (this.#encoder === null) return this.#below.end(trailers);
    this.#trailers = trailers;
    this.#encoder.end();
  }

  whenLeft(left: () => void): void {
    this.#below.whenLeft(left);
  }

  distrust(): void {
    this.#below.distrust();
  }

  finish(): void {
    this.#below.finish();
  }

  abort(): void {
    this.destroy();
    this.#below.abort();
  }

  takeStream(): TunnelEnd {
    return this.#below.takeStream();
  }

  // What is under way in the encoder.

  resume(): boolean {
    const encoder = this.#encoder;
    if (encoder === null) return true;
    encoder.resume();
    return !encoder.writableNeedDrain;
  }

  tellEnd(owner: { answerSent(): void }): void {
    this.#ended = owner;
  }

  destroy(): void {
    this.#isOver = true;
    this.#encoder?.destroy();
    this.#encoder = null;
  }

  #beginPlain(head: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean {
    return this.#below.begin({ ...head, headers: withVary(head.headers) }, body, ended);
  }

  #beginWhole(
    head: OutgoingResponse,
    body: Buffer,
    { coding, ended }: { readonly coding: Coding; readonly ended: string },
  ): boolean {
    const length = ended === "" ? body.length : -1;
    return this.#below.begin(compressedHead(head, coding, length), body, ended);
  }

  #open(encoder: Encoder): void {
    this.#encoder = encoder;
    encoder.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !this.#below.write(chunk)) encoder.pause();
    });
    encoder.on("drain", () => {
      if (!this.#isOver) this.owner?.onWritable();
    });
    encoder.once("end", () => {
      if (this.#isOver) return;
      this.#encoder = null;
      this.#below.end(this.#trailers);
      this.#ended?.answerSent();
    });
    // it was destroyed, or has no memory: the client must see that the answer is not whole
    encoder.once("error", (cause) => {
      if (this.#isOver) return;
      const error = new SluiceError("internal", "Cannot compress the answer", { cause });
      this.owner?.endWithError(error);
    });
  }
}

/** Of the body that GET would get, as the origin says; -1: it does not. */
function saidLength({ headers }: OutgoingResponse): number {
  const said = fieldOf(headers, "content-length");
  return said === null ? -1 : Number(said);
}
