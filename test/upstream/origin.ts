// A peer whose every byte a test decides: a TCP server on port 0, with TLS or without, and each
// accepted connection as an object that waits for bytes and writes, ends or resets on command.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { Certificate } from "../support/certificates.ts";

export class Origin implements AsyncDisposable {
  readonly #server: Server;
  readonly accepted: OriginConnection[] = [];
  #waiting: (() => void)[] = [];

  private constructor(script: OriginScript, certificate: Certificate | null) {
    // One context for all connections: it holds the keys of the session tickets.
    const secureContext = certificate === null ? null : createSecureContext(certificate);
    this.#server = createServer({ noDelay: true }, (socket) => {
      const options = secureContext === null ? null : { isServer: true, secureContext };
      const stream = options === null ? socket : new TLSSocket(socket, options);
      const connection = new OriginConnection(stream, socket);
      this.accepted.push(connection);
      for (const wake of this.#waiting.splice(0)) wake();
      const done = script(connection);
      // A script that waits for bytes that never come ends with its connection.
      if (done instanceof Promise) done.catch(() => socket.destroy());
    });
  }

  /**
   * @param script what to do with each connection; may be async
   * @param certificate speaks TLS with it; null: in the clear
   */
  static async listen(
    script: OriginScript,
    certificate: Certificate | null = null,
  ): Promise<Origin> {
    const origin = new Origin(script, certificate);
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    return origin;
  }

  get port(): number {
    const address = this.#server.address();
    assert.ok(typeof address === "object" && address !== null);
    return address.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The connection that was accepted as number `index`, once it is there. */
  async connection(index: number): Promise<OriginConnection> {
    for (;;) {
      const connection = this.accepted[index];
      if (connection !== undefined) return connection;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.accepted) connection.socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

type OriginScript = (connection: OriginConnection) => unknown;

export class OriginConnection {
  /** What is read and written: the TCP connection, or TLS on it. */
  readonly socket: Socket;
  readonly #tcp: Socket;
  /** All that came, latin1; cut from the front by `expect`. */
  #unread = "";
  bytesRead = 0;
  /** Settles when the connection is gone on both sides. */
  readonly closed: Promise<void>;
  /** Settles when the other side has sent its FIN, or the connection is gone. */
  readonly ended: Promise<void>;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket, tcp: Socket) {
    this.socket = socket;
    this.#tcp = tcp;
    for (const one of [socket, tcp]) one.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      this.#unread += chunk.toString("latin1");
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("close", resolve);
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isOver = true;
        this.#wake?.();
        resolve();
      });
    });
  }

  /** What came up to and including `text`. Throws if the connection ends before. */
  async expect(text: string): Promise<string> {
    for (;;) {
      const at = this.#unread.indexOf(text);
      if (at !== -1) {
        const end = at + text.length;
        const seen = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end);
        return seen;
      }
      await this.#more(text);
    }
  }

  /** Waits for that many bytes, and drops them. */
  async take(length: number): Promise<void> {
    let left = length - this.#unread.length;
    while (left > 0) {
      this.#unread = "";
      await this.#more(`${length} bytes`);
      left -= this.#unread.length;
    }
    this.#unread = left === 0 ? "" : this.#unread.slice(left);
  }

  /** What came and was not expected yet. */
  get unread(): string {
    return this.#unread;
  }

  async #more(wanted: string): Promise<void> {
    if (this.#isOver) throw new Error(`Expected ${JSON.stringify(wanted)}, got the end`);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The next request head. */
  head(): Promise<string> {
    return this.expect("\r\n\r\n");
  }

  write(text: string | Buffer): void {
    if (typeof text === "string") this.socket.write(text, "latin1");
    else this.socket.write(text);
  }

  fin(text = ""): void {
    this.socket.end(text, "latin1");
  }

  /** Sends `text`, then a reset; `then` is called before anybody can have read either. */
  reset(text = "", then = (): void => {}): void {
    const reset = (): void => {
      this.#tcp.resetAndDestroy();
      then();
    };
    if (text === "") reset();
    else this.socket.write(text, "latin1", reset);
  }
}
