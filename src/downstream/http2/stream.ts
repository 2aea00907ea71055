// One request and its answer on HTTP/2: what the exchange says as frames of its stream, and what
// the stream tells as the exchange hears it. A break is a reset: an answer that was not whole never
// has an end.

import { SluiceError } from "../../base/errors.ts";
import { DateLine } from "../../http1/date.ts";
import type { OutgoingResponse, RequestHead } from "../../http1/messages.ts";
import { type Framing, framedBlock, responseFraming } from "../../http1/serialise.ts";
import { encodeLines, encodeStatus, fieldEncoder } from "../../http2/hpack-encoder.ts";
import { CODE } from "../../http2/protocol.ts";
import type { SessionStream, StreamUser } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import { removeField } from "../../wire/headers.ts";
import type { Place } from "../begin-queue.ts";
import type { ClientSender, ClientStream, RequestHandler } from "../client-stream.ts";
import type { ConnectionOptions } from "../connection-owner.ts";
import type { TunnelEnd } from "../tunnel.ts";
import { RequestInput } from "./request-input.ts";
import { StreamTimes, type StreamTimesOwner } from "./stream-times.ts";

/** The connection that it is on. */
export interface StreamConnection {
  readonly sender: ClientSender;
  readonly options: ConnectionOptions;
  readonly streams: Streams;
  /** Why all of it ends; null: it does not. */
  readonly fault: SluiceError | null;
}

const date = new DateLine(Date.now);
const encodeRequestId = fieldEncoder("x-request-id");

export class Http2Stream implements ClientStream, StreamUser, StreamTimesOwner {
  bytesSent = 0;
  /** Among those that wait for their turn; null: it has not waited. */
  place: Place | null = null;
  /** Of the request's end: valid lines that may be passed on. */
  trailers = "";
  readonly #connection: StreamConnection;
  readonly #stream: SessionStream;
  readonly #head: RequestHead;
  /** Null: the request is its head alone. */
  readonly #input: RequestInput | null;
  #handler: RequestHandler | null = null;
  #times: StreamTimes | null = null;
  #framing: Framing = "none";
  #isOver = false;
  /** Why it is broken off; null: the client did that. */
  #fault: SluiceError | null = null;

  constructor(connection: StreamConnection, stream: SessionStream, head: RequestHead) {
    this.#connection = connection;
    this.#stream = stream;
    this.#head = head;
    const { isRemoteEnded } = stream;
    this.#input = isRemoteEnded
      ? null
      : new RequestInput(head.contentLength, (bytes) => connection.streams.use(stream, bytes));
  }

  /** From now on it is told; not before it stands. */
  attach(handler: RequestHandler): void {
    if (this.#isOver) return;
    this.#handler = handler;
    this.#input?.attach(handler);
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
    if (this.#isOver || this.#input === null) return;
    if (this.#head.expectContinue && !this.#input.hasEnded) {
      this.#connection.streams.sendHeaders(this.#stream, encodeStatus(100), false);
    }
    this.#ownTimes.beginBody(idleMs);
    this.#input.start();
    this.#bodyCame(0);
  }

  pauseBody(): void {
    if (this.#isOver) return;
    this.#input?.pause();
    this.#bodyCame(0);
  }

  resumeBody(): void {
    if (this.#isOver) return;
    this.#input?.resume();
    this.#bodyCame(0);
  }

  inform({ status, headers }: Pick<OutgoingResponse, "status" | "headers">): boolean {
    if (this.#isOver) return true;
    const block = encodeStatus(status);
    const lines = encodeLines(removeField(headers, "content-length"));
    this.#connection.streams.sendHeaders(this.#stream, block + lines, false);
    return true;
  }

  begin(response: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean {
    if (this.#isOver) return true;
    const { streams } = this.#connection;
    const { status, hasDate } = response;
    this.#framing = responseFraming(response, this.#head);
    const lines = framedBlock(response, this.#framing) + (hasDate ? "" : date.line());
    const { requestId } = response;
    const id = requestId === "" ? "" : encodeRequestId(requestId);
    const block = encodeStatus(status) + encodeLines(lines) + id;
    const isBodyless = this.#framing === "none";
    const isWhole = isBodyless || (ended === "" && (body === null || body.length === 0));
    if (isWhole || body === null) {
      streams.sendHeaders(this.#stream, block, isWhole);
      if (!isWhole && ended !== null) this.end(ended);
      return true;
    }
    this.bytesSent += body.length;
    if (ended === "") return this.#watched(streams.sendWhole(this.#stream, block, body));
    streams.sendHeaders(this.#stream, block, false);
    const hasRoom = this.#send(body);
    if (ended !== null) this.end(ended);
    return hasRoom;
  }

  write(chunk: Buffer, left?: () => void): boolean {
    if (this.#framing === "none" || this.#isOver) {
      left?.();
      return true;
    }
    this.bytesSent += chunk.length;
    const hasRoom = this.#send(chunk);
    if (left !== undefined) this.#stream.whenLeft(left);
    return hasRoom;
  }

  end(trailers: string): void {
    if (!this.#isOver) this.#connection.streams.sendEnd(this.#stream, encodeLines(trailers));
  }

  whenLeft(left: () => void): void {
    this.#stream.whenLeft(left);
  }

  /** What comes on other streams is framed apart from this. */
  distrust(): void {}

  finish(): void {
    if (this.#isOver) return;
    this.#leave();
    if (this.#stream.queuedBytes > 0) this.#ownTimes.watchWrites(this.#stream);
    this.#connection.streams.finish(this.#stream);
  }

  abort(): void {
    if (this.#isOver) return;
    this.#leave();
    this.#connection.streams.reset(this.#stream, CODE.internalError);
  }

  /** There is none: no request on HTTP/2 asks for an upgrade. */
  takeStream(): TunnelEnd {
    throw new Error("a stream of HTTP/2 becomes no tunnel");
  }

  // What the stream tells.

  onData(chunk: Buffer): void {
    const { length } = chunk;
    if (this.#input?.take(chunk) === false)
      return this.#breakOff("its body is longer than was said");
    this.#bodyCame(length);
  }

  onEnd(): void {
    if (this.#input?.end(this.trailers) === false)
      return this.#breakOff("its body is shorter than was said");
    this.#bodyCame(0);
  }

  onReset(code: number): void {
    if (this.#isOver) return;
    const handler = this.#handler;
    const fault = this.#fault ?? this.#connection.fault;
    this.#leave();
    handler?.onClientGone(fault ?? new SluiceError("client_aborted", resetMessage(code)));
  }

  onRoom(): void {
    this.#handler?.onWritable();
  }

  onClosed(): void {
    this.#times?.stop();
  }

  // What its times tell.

  onBodyLate(): void {
    const message = "the request body stopped, or came too slowly";
    this.#handler?.onBodyError(new SluiceError("request_timeout", message));
  }

  onStuck(): void {
    const handler = this.#handler;
    this.#leave();
    this.#connection.streams.reset(this.#stream, CODE.cancel);
    handler?.onClientGone(new SluiceError("client_write_timeout"));
  }

  get #ownTimes(): StreamTimes {
    this.#times ??= new StreamTimes(this.#connection.options, this);
    return this.#times;
  }

  #send(chunk: Buffer | string): boolean {
    return this.#watched(this.#connection.streams.sendData(this.#stream, chunk, false));
  }

  #watched(hasRoom: boolean): boolean {
    if (!hasRoom && this.#stream.queuedBytes > 0) this.#ownTimes.watchWrites(this.#stream);
    return hasRoom;
  }

  #bodyCame(bytes: number): void {
    this.#times?.bodyCame(bytes, this.#input?.isAwaited === true);
  }

  #breakOff(message: string): void {
    this.#fault = new SluiceError("bad_request", message);
    this.#connection.streams.fault(this.#stream, CODE.protocolError);
  }

  #leave(): void {
    this.#isOver = true;
    this.#handler = null;
    this.place?.leave();
    this.#input?.stop();
  }
}

const resetMessage = (code: number): string => `the client reset its stream (error ${code})`;
