// One client connection: bytes in, one request at a time out to `serve`, bytes of the answer back.
// It decides nothing about a request but when it has waited long enough. What comes is read in
// read-side.ts, what leaves is in write-side.ts, and the end is in lingering.ts.
//
//     HEAD ──head complete──▶ EXCHANGE ──finish(true)──▶ HEAD
//       └─refused──▶ LINGERING ◀──finish(false)──┘       any ──client gone──▶ CLOSED

import type { Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import type { CodecLimits } from "../http1/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import { Lingering } from "./lingering.ts";
import { ReadSide, type ReadSideOwner } from "./read-side.ts";
import type { RequestHandler } from "./request-handler.ts";
import { WriteSide } from "./write-side.ts";

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

export class ClientConnection implements DeadlineItem, ReadSideOwner {
  deadlineMs = 0;
  readonly address: string;
  readonly port: number;
  readonly tls = false;
  /** Requests begun on it. */
  requests = 0;
  /** No further request after the one under way: the proxy is shutting down. */
  isDraining = false;
  /** While draining: one more request may come, if the last answer did not rule it out. */
  #hasGrace = false;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #input: ReadSide;
  readonly #output: WriteSide;
  #state: State = STATE.HEAD;
  #handler: RequestHandler | null = null;
  #bodyIdleMs: number;

  constructor(socket: Socket, owner: ConnectionOwner, options: ConnectionOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#options = options;
    this.#input = new ReadSide(socket, this, options.codec);
    this.#output = new WriteSide(socket);
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
    return this.#input.isRequestComplete;
  }

  /** From now on the body of the request under way goes to its handler. */
  startBody(idleMs: number): void {
    this.#bodyIdleMs = idleMs;
    this.#input.startBody();
    this.onBodyRead();
  }

  pauseBody(): void {
    this.#input.pauseBody();
    this.onBodyRead();
  }

  resumeBody(): void {
    this.#input.resumeBody();
    this.onBodyRead();
  }

  /** False: the client reads more slowly than we write; `onWritable` tells when to go on. */
  write(data: string | Buffer): boolean {
    if (this.#state >= STATE.LINGERING) return true;
    const wasBlocked = this.#output.isBlocked;
    const hasRoom = this.#output.write(data);
    if (!hasRoom && !wasBlocked) this.#arm(this.#options.clientWriteMs);
    return hasRoom;
  }

  /** The answer is complete. Without `keepAlive`, or with a request half read, the connection ends. */
  finish(keepAlive: boolean): void {
    if (this.#state !== STATE.EXCHANGE) return;
    const input = this.#input;
    const isLast = (this.isDraining && !this.#hasGrace) || (input.hasEnded && !input.hasPending);
    this.#handler = null;
    if (!keepAlive || isLast || !input.isRequestComplete) {
      this.#linger();
      return;
    }
    this.#state = STATE.HEAD;
    input.finish();
    this.#armHead();
    if (input.hasPending) input.advance();
  }

  /** A request that cannot be read was answered: nothing that follows can be read either. */
  refused(): void {
    this.#linger();
  }

  /** Ends the connection so that the client sees a broken message: a reset, no orderly end. */
  abort(): void {
    if (this.#state === STATE.CLOSED) return;
    if (this.#state !== STATE.LINGERING) this.#close();
    this.#socket.resetAndDestroy();
  }

  /**
   * Its next answer is its last, and says so. Without `hasGrace` it ends at once when it is idle: a
   * request that is on its way then is lost.
   */
  drain(hasGrace: boolean): void {
    this.isDraining = true;
    this.#hasGrace = hasGrace;
    if (!hasGrace && this.#state === STATE.HEAD && !this.#input.hasPending) this.#linger();
  }

  /** Hands the socket over, for a tunnel. What the client sent ahead comes along. */
  detach(): { socket: Socket; head: Buffer } {
    const head = this.#input.stop() ?? EMPTY;
    this.#close();
    this.#letGo();
    return { socket: this.#socket, head };
  }

  onDeadline(): void {
    if (this.#output.isBlocked) this.#onSlowReader();
    else if (this.#state === STATE.EXCHANGE) {
      const error = new SluiceError("request_timeout", "no bytes of the request body came");
      this.#handler?.onBodyError(error);
    } else if (!this.#input.hasPending) this.#linger();
    else this.#owner.refuse(this, new SluiceError("request_timeout", "the head took too long"));
  }

  // What the read side tells.

  /**
   * One at a time, and none while answers wait for the client: it could otherwise ask for any
   * amount without ever reading.
   */
  get canBegin(): boolean {
    return this.#state === STATE.HEAD && !this.#output.isBlocked;
  }

  onHead(head: RequestHead): RequestHandler {
    this.#state = STATE.EXCHANGE;
    this.#bodyIdleMs = this.#options.bodyIdleMs;
    this.deadlineMs = 0;
    this.requests++;
    const handler = this.#owner.begin(this, head);
    if (this.#isExchange()) this.#handler = handler;
    return handler;
  }

  #isExchange(): boolean {
    return this.#state === STATE.EXCHANGE;
  }

  onBadHead(error: SluiceError): void {
    this.#owner.refuse(this, error);
  }

  /** While body bytes are awaited from the client, their idle time runs. */
  onBodyRead(): void {
    if (this.#output.isBlocked || this.#state !== STATE.EXCHANGE) return;
    if (this.#input.awaitsBody) this.#arm(this.#bodyIdleMs);
    else this.deadlineMs = 0;
  }

  onInputOver(isWithinRequest: boolean): void {
    if (isWithinRequest) this.#gone("the client closed within its request");
    else this.#linger();
  }

  // What the socket tells.

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === STATE.HEAD && !this.#input.hasPending && !this.#output.isBlocked) {
      this.#arm(this.#options.headMs);
    }
    this.#input.take(chunk);
  };

  readonly #onDrain = (): void => {
    this.#output.isBlocked = false;
    if (this.#state === STATE.EXCHANGE) {
      this.onBodyRead();
      this.#handler?.onWritable();
      return;
    }
    this.#armHead();
    this.#input.advance();
  };

  readonly #onEnd = (): void => this.#input.end();

  readonly #onError = (error: Error): void =>
    this.#gone(`the client's connection: ${error.message}`);

  readonly #onClose = (): void => this.#gone("the client closed the connection");

  #gone(message: string): void {
    if (this.#state >= STATE.LINGERING) return;
    const handler = this.#handler;
    this.#close();
    this.#socket.destroy();
    handler?.onClientGone(new SluiceError("client_aborted", message));
  }

  /** Has nothing of what waits left in all that time? Then the client does not read. */
  #onSlowReader(): void {
    if (this.#output.hasMoved()) {
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

  /** The time for the next request: to begin, or, once it has, to be there with its whole head. */
  #armHead(): void {
    const { clientWriteMs, headMs, keepAliveMs } = this.#options;
    if (this.#output.isBlocked) this.#arm(clientWriteMs);
    else this.#arm(this.#input.hasPending ? headMs : keepAliveMs);
  }

  #linger(): void {
    if (this.#state >= STATE.LINGERING) return;
    this.#state = STATE.LINGERING;
    this.#leave();
    this.#letGo();
    const { deadlines, clientWriteMs } = this.#options;
    new Lingering(this.#socket, {
      deadlines,
      clientWriteMs,
      output: this.#output,
      hasEnded: this.#input.hasEnded,
      closed: () => this.#owner.closed(this),
    });
  }

  #close(): void {
    this.#state = STATE.CLOSED;
    this.#leave();
    this.#owner.closed(this);
  }

  #leave(): void {
    this.#handler = null;
    this.#input.stop();
    this.#options.deadlines.remove(this);
  }

  #letGo(): void {
    this.#socket.off("data", this.#onData);
    this.#socket.off("drain", this.#onDrain);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("error", this.#onError);
    this.#socket.off("close", this.#onClose);
  }
}

const EMPTY = Buffer.alloc(0);

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
