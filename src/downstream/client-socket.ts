// The socket of a client as its connection hears it: five events that can be taken back when the
// socket goes on to others (a tunnel, its own end), and who is at the other side.

import type { Socket } from "node:net";

export interface SocketListener {
  onData(chunk: Buffer): void;
  onDrain(): void;
  onEnd(): void;
  onError(error: Error): void;
  onClose(): void;
}

export class ClientSocket {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  readonly #listener: SocketListener;

  constructor(socket: Socket, listener: SocketListener) {
    this.socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? "");
    this.port = socket.remotePort ?? 0;
    this.#listener = listener;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  /** Nothing is heard any more. */
  letGo(): Socket {
    const { socket } = this;
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    return socket;
  }

  readonly #onData = (chunk: Buffer): void => this.#listener.onData(chunk);

  readonly #onDrain = (): void => this.#listener.onDrain();

  readonly #onEnd = (): void => this.#listener.onEnd();

  readonly #onError = (error: Error): void => this.#listener.onError(error);

  readonly #onClose = (): void => this.#listener.onClose();
}

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
