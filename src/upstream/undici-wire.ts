// What undici can neither say nor hear, put into the bytes that it writes and taken out of those
// that it reads: that trailers are wanted, the trailers of a request, and a 100 that nobody asked
// for, which it takes for a fault. What undici writes otherwise than is known here, stays as it is.

import type { Socket } from "node:net";
import { lastChunk } from "../http1/serialise.ts";

const LAST_CHUNK = `\r\n${lastChunk("")}`;
const OPTIONS = "\r\nconnection: ";
const CONTINUE = 100;
const SWITCHING = 101;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)/;
/** `HTTP/1.1 100`: where the status can be read. */
const STATUS_END = 12;
const NO_BYTES = Buffer.alloc(0);

export interface UndiciWireListener {
  /** A 100, whole: undici does not hear of it. */
  onContinue(head: string): void;
}

export class UndiciWire {
  readonly #socket: Socket;
  readonly #write: Socket["write"];
  readonly #read: Socket["read"];
  readonly #headBytesMax: number;
  #listener: UndiciWireListener | null = null;
  /** The head of a request is about to be written, and says that trailers are wanted. */
  #saysTrailers = false;
  #trailers = "";
  /** The final head has not come yet. */
  #awaitsHead = false;
  /** What was read and is not undici's yet. */
  #held = NO_BYTES;

  constructor(socket: Socket, headBytesMax: number) {
    this.#socket = socket;
    this.#write = socket.write;
    this.#read = socket.read;
    this.#headBytesMax = headBytesMax;
    socket.write = (data: string | Uint8Array, ...rest: unknown[]): boolean =>
      Reflect.apply(this.#write, socket, [this.#written(data), ...rest]);
    // A read of so many bytes is the stream's own.
    socket.read = (size?: number): unknown =>
      size === undefined ? this.#next() : Reflect.apply(this.#read, socket, [size]);
  }

  begin(acceptsTrailers: boolean, listener: UndiciWireListener): void {
    this.#listener = listener;
    this.#saysTrailers = acceptsTrailers;
    this.#trailers = "";
    this.#awaitsHead = true;
    this.#held = NO_BYTES;
  }

  /** Of the request under way, before its end. */
  setTrailers(trailers: string): void {
    this.#trailers = trailers;
  }

  /** The socket is one like any other again. */
  letGo(): void {
    this.#socket.write = this.#write;
    this.#socket.read = this.#read;
  }

  #written(data: string | Uint8Array): string | Uint8Array {
    if (typeof data !== "string") return data;
    if (this.#saysTrailers) {
      this.#saysTrailers = false;
      return data.replace(OPTIONS, "\r\nTE: trailers\r\nconnection: TE, ");
    }
    return data === LAST_CHUNK ? `\r\n${lastChunk(this.#trailers)}` : data;
  }

  /** The next bytes for undici, an interim head at a time; null: nothing that it should see yet. */
  #next(): Buffer | null {
    const chunk: unknown = Reflect.apply(this.#read, this.#socket, []);
    const fresh = chunk instanceof Buffer ? chunk : NO_BYTES;
    let bytes = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    this.#held = NO_BYTES;
    while (bytes.length > 0 && this.#awaitsHead) {
      const end = this.#endOfInterim(bytes);
      if (end === FINAL) {
        this.#awaitsHead = false;
        break;
      }
      const head = bytes.subarray(0, Math.max(end, 0));
      const isContinue = end !== UNKNOWN && statusOf(head) === CONTINUE;
      if (!isContinue) {
        this.#held = bytes.subarray(head.length);
        return head.length === 0 ? null : head;
      }
      bytes = bytes.subarray(end);
      this.#listener?.onContinue(head.toString("latin1"));
    }
    return bytes.length === 0 ? null : bytes;
  }

  /** Where an interim head ends that stands at the front. */
  #endOfInterim(bytes: Buffer): number {
    if (bytes.length < STATUS_END) return UNKNOWN;
    const status = statusOf(bytes);
    if (status < CONTINUE || status >= 200 || status === SWITCHING) return FINAL;
    const end = bytes.indexOf("\r\n\r\n");
    if (end !== -1) return end + 4;
    return bytes.length > this.#headBytesMax ? FINAL : UNKNOWN;
  }
}

/** More must come before that is known. */
const UNKNOWN = -1;
/** It is none: the final head, or nothing that undici would not refuse itself. */
const FINAL = -2;

/** 0: no status stands there. */
const statusOf = (bytes: Buffer): number =>
  Number(STATUS_LINE.exec(bytes.toString("latin1", 0, STATUS_END))?.[1] ?? 0);
