// One client connection: bytes in, one request at a time out to `serve`, bytes of the answer back.
// Requests that came early (pipelining) wait here, in order and bounded. It decides nothing about a
// request but whether its head and framing are valid, and when it has waited long enough.
//
//     HEAD ──head complete──▶ EXCHANGE ──finish(true)──▶ HEAD
//       └─refused──▶ LINGERING ◀──finish(false)──┘          LINGERING ──client gone, or time──▶ CLOSED

import type { Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { BodyDecoder, BodySink } from "../http1/body.ts";
import { requestBody } from "../http1/body-decoder.ts";
import { checkUnfinishedHead, findHeadEnd } from "../http1/head-end.ts";
import type { CodecLimits } from "../http1/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import { parseRequestHead } from "../http1/request.ts";

/** One request under way, as its connection sees it. */
export interface RequestHandler extends BodySink {
  /** The request can no longer be read to its end: bad framing, too slow. */
  onBodyError(error: SluiceError): void;
  /** The client is gone, or will not read: nothing can be written any more. */
  onClientGone(error: SluiceError): void;
  /** What was written has left: write on. */
  onWritable(): void;
}

export interface ConnectionOwner {
  begin(connection: ClientConnection, head: RequestHead): RequestHandler;
  /** A head that is not valid, or did not come in time: to be answered with `refuse`. */
  refuse(connection: ClientConnection, error: SluiceError): void;
  closed(connection: ClientConnection): void;
}

export interface ConnectionOptions {
  readonly deadlines: Deadlines;
  readonly codec: CodecLimits;
  readonly headMs: number;
  readonly bodyIdleMs: number;
  readonly keepAliveMs: number;
  readonly clientWriteMs: number;
}

const STATE = { HEAD: 0, EXCHANGE: 1, LINGERING: 2, CLOSED: 3 } as const;
type State = (typeof STATE)[keyof typeof STATE];

export class ClientConnection implements DeadlineItem {
  deadlineMs = 0;
  readonly address: string;
  readonly port: number;
  readonly tls = false;
  /** Requests begun on it. */
  requests = 0;
  /** No further request after the one under way: the proxy is shutting down. */
  isDraining = false;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  #state: State = STATE.HEAD;
  #pending: Buffer | null = null;
  /** Bytes of an unfinished head that have been looked at. */
  #seen = 0;
  #handler: RequestHandler | null = null;
  #body: BodyDecoder | null = null;
  #isReadingBody = false;
  #isBodyPaused = false;
  #isWriteBlocked = false;
  #writeLeft = 0;
  #hasEnded = false;
  #isAdvancing = false;
  #lingered = 0;
  #bodyIdleMs: number;

  constructor(socket: Socket, owner: ConnectionOwner, options: ConnectionOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#options = options;
    this.#bodyIdleMs = options.bodyIdleMs;
    this.address = plainAddress(socket.remoteAddress ?? "");
    this.port = socket.remotePort ?? 0;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    options.deadlines.add(this);
    this.#arm(options.headMs);
  }

  /** Whether the request under way has been read to its end. */
  get isRequestComplete(): boolean {
    return this.#body === null || this.#body.isDone;
  }

  /** From now on the body of the request under way goes to its handler. */
  startBody(idleMs: number): void {
    this.#bodyIdleMs = idleMs;
    this.#isReadingBody = true;
    this.#advance();
  }

  pauseBody(): void {
    if (this.#isBodyPaused) return;
    this.#isBodyPaused = true;
    this.#socket.pause();
    this.#armBody();
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#socket.resume();
    this.#advance();
  }

  /** False: the client reads more slowly than we write; `onWritable` tells when to go on. */
  write(data: string | Buffer): boolean {
    if (this.#state === STATE.CLOSED) return true;
    const hasRoom =
      typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
    if (!hasRoom && !this.#isWriteBlocked) this.#blockWrite();
    return hasRoom;
  }

  /** The answer is complete. Without `keepAlive`, or with a request half read, the connection ends. */
  finish(keepAlive: boolean): void {
    if (this.#state !== STATE.EXCHANGE) return;
    const canStay = keepAlive && this.isRequestComplete && !this.#hasEnded && !this.isDraining;
    this.#handler = null;
    this.#body = null;
    this.#isReadingBody = false;
    if (!canStay) {
      this.#linger();
      return;
    }
    this.#state = STATE.HEAD;
    if (this.#isBodyPaused || this.#socket.isPaused()) this.#socket.resume();
    this.#isBodyPaused = false;
    this.#arm(this.#options.keepAliveMs);
    if (this.#pending !== null) this.#advance();
  }

  /** A request that cannot be read was answered: nothing that follows can be read either. */
  refused(): void {
    this.#linger();
  }

  /** Ends the connection so that the client sees a broken message: a reset, no orderly end. */
  abort(): void {
    if (this.#state === STATE.CLOSED) return;
    this.#close();
    this.#socket.resetAndDestroy();
  }

  /** Ends it once it is idle; at once if it is. */
  drain(): void {
    this.isDraining = true;
    if (this.#state === STATE.HEAD && this.#pending === null) this.#linger();
  }

  /** Hands the socket over, for a tunnel. What the client sent ahead comes along. */
  detach(): { socket: Socket; head: Buffer } {
    const socket = this.#socket;
    const head = this.#pending ?? EMPTY;
    this.#close();
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    return { socket, head };
  }

  onDeadline(): void {
    if (this.#state === STATE.LINGERING) this.#destroy();
    else if (this.#isWriteBlocked) this.#onSlowReader();
    else if (this.#state === STATE.EXCHANGE) {
      const error = new SluiceError("request_timeout", "no bytes of the request body came");
      this.#handler?.onBodyError(error);
    } else if (this.#pending === null) this.#linger();
    else this.#owner.refuse(this, new SluiceError("request_timeout", "the head took too long"));
  }

  // What the socket tells.

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === STATE.LINGERING) {
      this.#lingered += chunk.length;
      if (this.#lingered > LIMITS.lingerBytes) this.#destroy();
      return;
    }
    if (this.#pending === null) {
      if (this.#state === STATE.HEAD) this.#arm(this.#options.headMs);
      this.#pending = chunk;
    } else this.#pending = Buffer.concat([this.#pending, chunk]);
    this.#advance();
  };

  readonly #onDrain = (): void => {
    this.#isWriteBlocked = false;
    this.#armBody();
    this.#handler?.onWritable();
  };

  /** The client closed its half: after a whole request it still gets its answer (RFC 9112 9.6). */
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#state === STATE.EXCHANGE) {
      if (!this.isRequestComplete) this.#gone("the client closed within its request");
    } else this.#destroy();
  };

  readonly #onError = (error: Error): void => this.#gone(`the client's connection: ${error.message}`);

  readonly #onClose = (): void => this.#gone("the client closed the connection");

  #gone(message: string): void {
    if (this.#state === STATE.CLOSED) return;
    const handler = this.#handler;
    this.#destroy();
    handler?.onClientGone(new SluiceError("client_aborted", message));
  }

  /** Works through what has come. Not entered twice: an exchange may end while its head is handled. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#pending !== null) {
      if (this.#state === STATE.HEAD) {
        if (!this.#readHead(this.#pending)) break;
      } else if (this.#state !== STATE.EXCHANGE || !this.#readBody(this.#pending)) break;
    }
    this.#isAdvancing = false;
  }

  #readHead(pending: Buffer): boolean {
    try {
      const end = findHeadEnd(pending, 0);
      if (end === -1) {
        const bounds = { of: "request", start: 0, fresh: this.#seen } as const;
        checkUnfinishedHead(pending, bounds, this.#options.codec);
        this.#seen = pending.length;
        return false;
      }
      const head = parseRequestHead(pending.toString("latin1", 0, end), this.#options.codec);
      this.#pending = end === pending.length ? null : pending.subarray(end);
      this.#begin(head);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      this.#owner.refuse(this, thrown);
      return false;
    }
  }

  #begin(head: RequestHead): void {
    this.#seen = 0;
    this.#state = STATE.EXCHANGE;
    this.#body = head.contentLength === 0 ? null : requestBody(head, this.#options.codec);
    this.#bodyIdleMs = this.#options.bodyIdleMs;
    this.deadlineMs = 0;
    this.requests++;
    const handler = this.#owner.begin(this, head);
    // it may be over already: answered, refused, or the connection gone
    if (this.#isExchange()) this.#handler = handler;
  }

  #isExchange(): boolean {
    return this.#state === STATE.EXCHANGE;
  }

  /** Feeds the body to its handler. False: nothing to do with what is there for now. */
  #readBody(pending: Buffer): boolean {
    const body = this.#body;
    const handler = this.#handler;
    if (body === null || body.isDone || !this.#isReadingBody || handler === null) {
      if (pending.length > LIMITS.pipelinedBytes) this.#socket.pause();
      return false;
    }
    if (this.#isBodyPaused) return false;
    try {
      const end = body.feed(pending, 0, handler);
      if (this.#pending !== pending) return false;
      this.#pending = end === pending.length ? null : pending.subarray(end);
      this.#armBody();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) throw thrown;
      handler.onBodyError(thrown);
      return false;
    }
  }

  #blockWrite(): void {
    this.#isWriteBlocked = true;
    this.#writeLeft = this.#socket.writableLength;
    this.#arm(this.#options.clientWriteMs);
  }

  /** Nothing of what waits has left in all that time? Then the client does not read. */
  #onSlowReader(): void {
    const left = this.#socket.writableLength;
    if (left < this.#writeLeft) {
      this.#writeLeft = left;
      this.#arm(this.#options.clientWriteMs);
      return;
    }
    const handler = this.#handler;
    this.abort();
    handler?.onClientGone(new SluiceError("client_write_timeout"));
  }

  #arm(afterMs: number): void {
    this.deadlineMs = deadlineAfter(this.#options.deadlines, afterMs);
  }

  /** While body bytes are awaited from the client, their idle time runs. */
  #armBody(): void {
    if (this.#isWriteBlocked || this.#state !== STATE.EXCHANGE) return;
    const awaits = this.#isReadingBody && !this.#isBodyPaused && !this.isRequestComplete;
    if (awaits) this.#arm(this.#bodyIdleMs);
    else this.deadlineMs = 0;
  }

  /**
   * Our half ends, theirs is read for a while: a reset would throw away the answer that is still on
   * its way to a client that is still sending (RFC 9112 section 9.6).
   */
  #linger(): void {
    if (this.#state === STATE.CLOSED) return;
    this.#state = STATE.LINGERING;
    this.#pending = null;
    this.#isBodyPaused = false;
    this.#socket.end();
    if (this.#hasEnded) {
      this.#close();
      return;
    }
    this.#socket.resume();
    this.#arm(LIMITS.lingerMs);
  }

  #destroy(): void {
    if (this.#state === STATE.CLOSED) return;
    this.#close();
    this.#socket.destroy();
  }

  #close(): void {
    this.#state = STATE.CLOSED;
    this.#handler = null;
    this.#pending = null;
    this.#options.deadlines.remove(this);
    this.#owner.closed(this);
  }
}

const EMPTY = Buffer.alloc(0);

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
