// One request and its answer on an HTTP/1.1 connection: how the answer is framed, and whether the
// connection outlives it. What can leave in one write does.

import { LIMITS } from "../base/limits.ts";
import { DateLine } from "../http1/date.ts";
import type { OutgoingResponse, RequestHead } from "../http1/messages.ts";
import {
  type Framing,
  frameChunk,
  headWithBytes,
  informationalHeadText,
  lastChunk,
  responseFraming,
  responseHeadText,
} from "../http1/serialise.ts";
import type { ClientSender, ClientStream } from "./client-stream.ts";
import { bytesOf } from "./response-source.ts";
import type { TunnelEnd } from "./tunnel.ts";

/** The connection that it is on. */
export interface StreamConnection {
  readonly sender: ClientSender;
  /** Whether the request under way has been read to its end. */
  readonly isRequestComplete: boolean;
  /** No further request after the one under way. */
  readonly isDraining: boolean;
  startBody(idleMs: number): void;
  pauseBody(): void;
  resumeBody(): void;
  /** False: the client reads more slowly than that. */
  write(data: string | Buffer, left?: () => void): boolean;
  whenLeft(left: () => void): void;
  finish(keepAlive: boolean): void;
  abort(): void;
  detach(): TunnelEnd;
}

const date = new DateLine(Date.now);

export class Http1Stream implements ClientStream {
  bytesSent = 0;
  readonly #connection: StreamConnection;
  readonly #head: RequestHead;
  #framing: Framing = "none";
  #keepsAlive: boolean;
  /** The last byte of the answer is written. */
  #isEnded = false;
  #isOver = false;

  constructor(connection: StreamConnection, head: RequestHead) {
    this.#connection = connection;
    this.#head = head;
    this.#keepsAlive = head.keepAlive;
  }

  get sender(): ClientSender {
    return this.#connection.sender;
  }

  get encoding(): null {
    return null;
  }

  get acceptsTrailers(): boolean {
    return this.#head.acceptsTrailers;
  }

  startBody(idleMs: number): void {
    if (this.#isOver) return;
    const { expectContinue, minor } = this.#head;
    // the client waits for a 100 before it sends (RFC 9110 section 10.1.1)
    if (expectContinue && minor === 1) this.#connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#connection.startBody(idleMs);
  }

  pauseBody(): void {
    if (!this.#isOver) this.#connection.pauseBody();
  }

  resumeBody(): void {
    if (!this.#isOver) this.#connection.resumeBody();
  }

  /** HTTP/1.0 clients know no interim responses (RFC 9110 section 15.2). */
  inform({ status, reason, headers }: OutgoingResponse): boolean {
    if (this.#isOver || this.#head.minor === 0) return true;
    return this.#connection.write(informationalHeadText(status, reason, headers));
  }

  begin(response: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean {
    if (this.#isOver) return true;
    const head = this.#headText(response);
    if (body === null || this.#framing === "none") return this.#connection.write(head);
    this.bytesSent += body.length;
    if (this.#framing === "chunked") return this.#beginChunked(head, bytesOf(body), ended);
    if (typeof body === "string") return this.#connection.write(head + body);
    if (body.length > LIMITS.joinedBodyBytes) {
      this.#connection.write(head);
      return this.#connection.write(body);
    }
    return this.#connection.write(headWithBytes(head, body));
  }

  write(chunk: Buffer, left?: () => void): boolean {
    if (this.#framing === "none" || this.#isOver) {
      left?.();
      return true;
    }
    this.bytesSent += chunk.length;
    const framed = this.#framing === "chunked" ? frameChunk(chunk) : chunk;
    return this.#connection.write(framed, left);
  }

  end(trailers: string): void {
    if (this.#isEnded || this.#isOver) return;
    this.#isEnded = true;
    if (this.#framing === "chunked") this.#connection.write(lastChunk(trailers));
  }

  whenLeft(left: () => void): void {
    if (this.#isOver) left();
    else this.#connection.whenLeft(left);
  }

  distrust(): void {
    this.#keepsAlive = false;
  }

  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.finish(this.#keepsAlive);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.abort();
  }

  takeStream(): TunnelEnd {
    if (this.#isOver) throw new Error("the stream of an exchange that is over");
    this.#isOver = true;
    return this.#connection.detach();
  }

  #beginChunked(head: string, first: Buffer, ended: string | null): boolean {
    this.#isEnded = ended !== null;
    const chunk = frameChunk(first);
    const end = ended === null ? EMPTY : Buffer.from(lastChunk(ended), "latin1");
    return this.#connection.write(Buffer.concat([Buffer.from(head, "latin1"), chunk, end]));
  }

  /** Decides on the framing, and with it whether the connection stays. */
  #headText(response: OutgoingResponse): string {
    const framing = responseFraming(response, this.#head);
    const { isRequestComplete, isDraining } = this.#connection;
    const isOpen = framing !== "close" && isRequestComplete && !isDraining;
    const keepAlive = this.#keepsAlive && isOpen;
    this.#framing = framing;
    this.#keepsAlive = keepAlive;
    const { minor } = this.#head;
    return responseHeadText(response, {
      framing,
      minor,
      keepAlive,
      date: response.hasDate ? "" : date.line(),
    });
  }
}

const EMPTY = Buffer.alloc(0);
