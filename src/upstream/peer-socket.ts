// The socket of a peer as its connection hears it: what becomes of it, until it goes on to others.
// What comes is read through a tap, which its connection has.

import type { Socket } from "node:net";

export interface PeerSocketListener {
  onDrain(): void;
  /** The peer's half has ended. */
  onEnd(): void;
  /** The socket has ended, or is about to. */
  onGone(cause?: Error): void;
  /**
   * A write failed, since the peer has closed. True: what has arrived is still wanted, and the
   * listener ends the socket itself when it has read that.
   */
  onWriteFault(fault: WriteFault): boolean;
}

export interface WriteFault extends Error {
  readonly code: string;
}

export class PeerSocket {
  readonly #socket: Socket;
  readonly #listener: PeerSocketListener;
  readonly #destroy: Socket["destroy"];
  #isLetGo = false;

  constructor(socket: Socket, listener: PeerSocketListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    // Whatever fails calls this by its name. After a write that would throw away what has arrived
    // and was not read yet: the answer of a peer that has closed before it had the whole request.
    this.#destroy = socket.destroy;
    socket.destroy = this.#onDestroy;
  }

  /** Nothing is heard any more: it is a stream for whoever has it now. */
  letGo(): Socket {
    const socket = this.#socket;
    this.#isLetGo = true;
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    // of one that is read as a stream, that was the tap
    socket.removeAllListeners("data");
    return socket;
  }

  readonly #onDestroy = (error?: Error): Socket => {
    const isHeld = !this.#isLetGo && isWriteFault(error) && this.#listener.onWriteFault(error);
    return isHeld ? this.#socket : Reflect.apply(this.#destroy, this.#socket, [error]);
  };

  readonly #onDrain = (): void => this.#listener.onDrain();

  readonly #onEnd = (): void => this.#listener.onEnd();

  readonly #onError = (error: Error): void => this.#listener.onGone(error);

  readonly #onClose = (): void => this.#listener.onGone();
}

const CLOSED: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED"]);

function isWriteFault(error: Error | undefined): error is WriteFault {
  if (error === undefined || !("syscall" in error) || !("code" in error)) return false;
  return error.syscall === "write" && CLOSED.has(error.code);
}
