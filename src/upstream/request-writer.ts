// The sending half of our own HTTP/1.1 connection: the order of bytes, the announced length,
// backpressure. What can leave in one write does (the head with the first part of the body): each
// further write costs several µs. Reads nothing and decides nothing about the connection's life.

import type { Socket } from "node:net";
import { WriteTap } from "../base/write-tap.ts";
import { frameChunk, headWithBytes, lastChunk, requestHeadText } from "../http1/serialise.ts";
import type { UpstreamRequest } from "./transport.ts";

/** Bodies up to this size are copied behind their head; above, the copy costs more than a write. */
const JOINED_BYTES_MAX = 16_384;

const CHUNKED = -1;

export class RequestWriter {
  readonly #socket: Socket;
  readonly #tap: WriteTap;
  /** The request is wholly handed to the socket. */
  isDone = true;
  /** The head while it waits for the first part of the body; empty once it is sent. */
  #head = "";
  /** Body bytes still owed; -1: chunked. */
  #owed = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#tap = new WriteTap(socket);
  }

  /** The socket holds more than it wants to: wait for its `drain`. */
  get isBlocked(): boolean {
    return this.#tap.isBlocked;
  }

  start(request: UpstreamRequest, keepAlive: boolean): void {
    const head = requestHeadText(request, keepAlive);
    this.isDone = !request.hasBody || request.contentLength === 0;
    if (this.isDone) {
      this.#tap.write(head);
      return;
    }
    this.#owed = request.contentLength;
    this.#head = head;
    // The first part of the body usually comes in this very pass of the loop; if not, the head goes
    // alone: a peer may answer it without waiting for the body.
    process.nextTick(flushHead, this);
  }

  /** False: these bytes are not of the body that was announced; nothing of them was sent. */
  write(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (this.isDone) return false;
    if (this.#owed === CHUNKED) {
      this.#send(frameChunk(chunk));
      return true;
    }
    if (chunk.length > this.#owed) return false;
    this.#owed -= chunk.length;
    this.isDone = this.#owed === 0;
    this.#send(chunk);
    return true;
  }

  /** False: the body is shorter than announced. */
  end(trailers: string): boolean {
    if (this.isDone) return true;
    if (this.#owed > 0) return false;
    this.isDone = true;
    this.#tap.write(this.#takeHead() + lastChunk(trailers));
    return true;
  }

  /** Nobody takes what is left of it. */
  abandon(): void {
    this.isDone = true;
    this.#head = "";
  }

  /** Sends the head if it still waits. */
  flush(): void {
    if (this.#head !== "" && this.#socket.writable) this.#tap.write(this.#takeHead());
  }

  #send(bytes: Buffer): void {
    const head = this.#takeHead();
    if (head === "") {
      this.#tap.write(bytes);
      return;
    }
    if (bytes.length <= JOINED_BYTES_MAX) {
      this.#tap.write(headWithBytes(head, bytes));
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    this.#socket.write(bytes);
    this.#socket.uncork();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }
}

function flushHead(writer: RequestWriter): void {
  writer.flush();
}
