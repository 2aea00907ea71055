// The socket of a connection to a peer of HTTP/2: what comes goes to the session, as far as it
// takes it; what is sent goes past the socket's stream. Behind a write that failed, what the peer
// had said before is read.

import type { Socket } from "node:net";
import type { ByteReceiver } from "../../base/read-tap.ts";
import { WriteTap } from "../../base/write-tap.ts";
import { PeerSocket, type PeerSocketListener, type WriteFault } from "../peer-socket.ts";

export interface WireOwner {
  /** What comes is taken; false: not now, since what we send is not. */
  readonly takesFrames: boolean;
  /** May be overwritten after the call. */
  onRead(bytes: Buffer): void;
  /** The socket takes more. */
  onRoom(): void;
  /** Nothing can be sent any more; what came is still read. */
  onDeaf(): void;
  /** The connection has ended. */
  onLost(cause: Error | undefined): void;
}

export class Wire implements ByteReceiver, PeerSocketListener {
  readonly #socket: Socket;
  readonly #tap: WriteTap;
  readonly #owner: WireOwner;
  #isPaused = false;
  #isOver = false;
  #fault: WriteFault | null = null;

  constructor(socket: Socket, owner: WireOwner) {
    this.#socket = socket;
    this.#tap = new WriteTap(socket);
    this.#owner = owner;
    new PeerSocket(socket, this);
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#fault === null && !this.#socket.destroyed;
  }

  /** Latin1 text, or bytes. False: wait for `onRoom`. */
  send(data: string | Buffer): boolean {
    return !this.isOpen || this.#tap.write(data);
  }

  /** For good. */
  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  onBytes(bytes: Buffer): boolean {
    if (this.#isOver) return false;
    this.#owner.onRead(bytes);
    this.#holdBack();
    return true;
  }

  onDrain(): void {
    if (this.#isOver) return;
    this.#owner.onRoom();
    this.#holdBack();
  }

  onEnd(): void {
    this.#lost(this.#fault ?? undefined);
  }

  onGone(cause?: Error): void {
    this.#lost(cause);
  }

  onWriteFault(fault: WriteFault): boolean {
    if (this.#isOver) return false;
    this.#fault ??= fault;
    this.#owner.onDeaf();
    return !this.#isOver;
  }

  #lost(cause: Error | undefined): void {
    if (!this.#isOver) this.#owner.onLost(cause);
  }

  /** Who does not read what we send is not read. */
  #holdBack(): void {
    if (this.#isOver || this.#isPaused === !this.#owner.takesFrames) return;
    this.#isPaused = !this.#isPaused;
    if (this.#isPaused) this.#socket.pause();
    else this.#socket.resume();
  }
}
