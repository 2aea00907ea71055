// One client connection: bytes in, one request at a time out to `serve`, bytes of the answer back.
// It decides nothing about a request but when it has waited long enough. What comes is read in
// read-side.ts, what leaves is in write-side.ts, and the end is in lingering.ts.
//
//     HEAD ──head complete──▶ EXCHANGE ──finish(true)──▶ HEAD
//       └─refused──▶ LINGERING ◀──finish(false)──┘       any ──client gone──▶ CLOSED

import type { Socket } from "node:net";
import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { ClientSocket, SocketListener } from "./client-socket.ts";
import type { RequestHandler } from "./client-stream.ts";
import { ClientTimes } from "./client-times.ts";
import type { ConnectionOptions, ConnectionOwner, ServedConnection } from "./connection-owner.ts";
import { Http1Stream, type StreamConnection } from "./http1-stream.ts";
import { Lingering } from "./lingering.ts";
import { type InputEnd, ReadSide, type ReadSideOwner } from "./read-side.ts";
import { WriteSide } from "./write-side.ts";

const STATE = { HEAD: 0, EXCHANGE: 1, LINGERING: 2, CLOSED: 3 } as const;
type State = (typeof STATE)[keyof typeof STATE];

type Owner = ConnectionOwner<ClientConnection>;

export class ClientConnection
  implements ReadSideOwner, SocketListener, StreamConnection, ServedConnection
{
  /** The proxy is shutting down. */
  isDraining = false;
  /** While draining: one more request may come, if the last answer did not rule it out. */
  #hasGrace = false;
  readonly sender: ClientSocket;
  readonly #owner: Owner;
  readonly #options: ConnectionOptions;
  readonly #input: ReadSide;
  readonly #output: WriteSide;
  readonly #times: ClientTimes;
  #state: State = STATE.HEAD;

  constructor(sender: ClientSocket, owner: Owner, options: ConnectionOptions) {
    this.sender = sender;
    sender.listener = this;
    this.#owner = owner;
    this.#options = options;
    this.#input = new ReadSide(this.sender.socket, this, owner.queue, options.codec);
    this.#output = new WriteSide(this.sender.socket, options, this.#onStuck);
    this.#times = new ClientTimes(options, this.#onTimeUp);
  }

  get isRequestComplete(): boolean {
    return this.#input.isRequestComplete;
  }

  /** What has come and was not worked through: of a head that is refused, all of it. */
  get pending(): Buffer | null {
    return this.#input.pending;
  }

  /** From now on the body of the request under way goes to its handler. */
  startBody(idleMs: number): void {
    this.#times.beginBody(idleMs);
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

  write(data: string | Buffer, left?: () => void): boolean {
    if (this.#state >= STATE.LINGERING) left?.();
    return this.#state >= STATE.LINGERING || this.#output.write(data, left);
  }

  whenLeft(left: () => void): void {
    if (this.#state >= STATE.LINGERING) left();
    else this.#output.whenLeft(left);
  }

  /** The answer is complete. Without `keepAlive`, or with a request half read, the end follows. */
  finish(keepAlive: boolean): void {
    if (this.#state !== STATE.EXCHANGE) return;
    const input = this.#input;
    const isLast = (this.isDraining && !this.#hasGrace) || (input.hasEnded && !input.hasPending);
    if (!keepAlive || isLast || !input.isRequestComplete) return this.#linger();
    this.#state = STATE.HEAD;
    input.finish();
    this.#armHead();
    if (input.hasPending) input.advance();
  }

  /** A request that cannot be read was answered: nothing that follows can be read either. */
  refused(): void {
    this.#linger();
  }

  turnAway(error: SluiceError): void {
    this.#owner.refuse(this, error);
  }

  /** Ends the connection so that the client sees a broken message: a reset, no orderly end. */
  abort(): void {
    if (this.#state === STATE.CLOSED) return;
    if (this.#state !== STATE.LINGERING) this.#close();
    this.sender.reset();
  }

  /** Its next answer is its last. Without `hasGrace` it ends at once when it is idle. */
  drain(hasGrace: boolean): void {
    this.isDraining = true;
    this.#hasGrace = hasGrace;
    if (!hasGrace && this.#state === STATE.HEAD && !this.#input.hasPending) this.#linger();
  }

  /** Hands the socket over, for a tunnel. What the client sent ahead comes along. */
  detach(): { socket: Socket; head: Buffer } {
    const head = this.#input.stop() ?? Buffer.alloc(0);
    this.#state = STATE.CLOSED;
    this.#leave();
    const socket = this.sender.letGo();
    this.#owner.detached(this, socket);
    return { socket, head };
  }

  // What the read side tells.

  /** One at a time, and none while answers wait: who never reads could ask for any amount. */
  get canBegin(): boolean {
    return this.#state === STATE.HEAD && !this.#output.isBlocked;
  }

  onTurnAwaited(): void {
    this.#times.awaitNothing();
  }

  onHead(head: RequestHead, isShed: boolean): RequestHandler | null {
    this.#state = STATE.EXCHANGE;
    this.#times.awaitNothing();
    return this.#owner.begin(new Http1Stream(this, head), head, isShed);
  }

  onBadHead(error: SluiceError): void {
    this.#owner.refuse(this, error);
  }

  /** While body bytes are awaited from the client, its time runs. */
  onBodyRead(bytes = 0): void {
    if (this.#state !== STATE.EXCHANGE) return;
    this.#times.bodyCame(bytes, this.#input.awaitsBody && !this.#output.isBlocked);
  }

  onInputOver(where: InputEnd): void {
    if (where === "within a request") this.#gone("the client closed within its request");
    else if (where === "between requests") this.#linger();
    else if (this.#input.handler?.abortsOnHalfClose) this.#gone("the client closed its half");
  }

  onData(chunk: Buffer): void {
    if (this.#state === STATE.HEAD && !this.#input.hasPending && !this.#output.isBlocked) {
      this.#times.awaitHead();
    }
    this.#input.take(chunk);
  }

  onDrain(): void {
    if (!this.#output.onDrain()) return;
    if (this.#state === STATE.EXCHANGE) {
      this.onBodyRead();
      this.#input.handler?.onWritable();
      return;
    }
    this.#armHead();
    this.#input.advance();
  }

  onEnd(): void {
    this.#input.end();
  }

  onError(error: Error): void {
    this.#gone(`the client's connection: ${error.message}`);
  }

  onClose(): void {
    this.#gone("the client closed the connection");
  }

  #gone(message: string): void {
    if (this.#state >= STATE.LINGERING) return;
    const handler = this.#input.handler;
    this.#close();
    this.sender.socket.destroy();
    handler?.onClientGone(new SluiceError("client_aborted", message));
  }

  /** The client does not read. */
  readonly #onStuck = (): void => {
    const { handler } = this.#input;
    this.abort();
    handler?.onClientGone(new SluiceError("client_write_timeout"));
  };

  readonly #onTimeUp = (): void => {
    if (this.#state === STATE.EXCHANGE) {
      const message = "the request body stopped, or came too slowly";
      this.#input.handler?.onBodyError(new SluiceError("request_timeout", message));
    } else if (!this.#input.hasPending) this.#linger();
    else this.#owner.refuse(this, new SluiceError("request_timeout", "the head took too long"));
  };

  /** The time for the next request: to begin, or, once it has, to be there with its whole head. */
  #armHead(): void {
    if (this.#output.isBlocked || this.#input.awaitsTurn) this.#times.awaitNothing();
    else if (this.#input.hasPending) this.#times.awaitHead();
    else this.#times.awaitNext();
  }

  #linger(): void {
    if (this.#state >= STATE.LINGERING) return;
    const isUnread = this.#state === STATE.EXCHANGE && !this.#input.isRequestComplete;
    this.#state = STATE.LINGERING;
    this.#leave();
    new Lingering(this.sender.letGo(), {
      deadlines: this.#options.deadlines,
      output: this.#output,
      hasEnded: this.#input.hasEnded,
      isUnread,
      closed: () => this.#owner.closed(this),
    });
  }

  #close(): void {
    this.#state = STATE.CLOSED;
    this.#leave();
    this.#owner.closed(this);
  }

  #leave(): void {
    this.sender.own?.logins.close();
    this.#input.stop();
    this.#output.stop();
    this.#times.stop();
  }
}
