// An origin that records every byte of every connection and answers only what a test tells it to.

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

const WAIT_MS_MAX = 60_000;

/** One connection that the proxy made. */
export class OriginConnection {
  readonly socket: Socket;
  /** All bytes that came, as latin1. */
  text = "";
  hasEnded = false;
  isClosed = false;

  constructor(socket: Socket, changed: () => void) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      changed();
    });
    socket.on("end", () => {
      this.hasEnded = true;
      changed();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      changed();
    });
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Heads of the requests that came, bodies left out: they are told apart by their lines. */
  get heads(): RequestText[] {
    return this.text
      .split(/(?=^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|BREW) [^ \r\n]+ HTTP\/1\.1\r\n)/m)
      .filter((part) => part.includes("\r\n\r\n"))
      .map(requestText);
  }
}

export interface RequestText {
  /** The lines of the head, the request line first. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** Called whenever bytes came, or a connection's state changed. */
export type Behaviour = (connection: OriginConnection) => void;

export class RawOrigin implements AsyncDisposable {
  readonly connections: OriginConnection[] = [];
  /** May be replaced between two tests of a file. */
  behaviour: Behaviour;
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();
  port = 0;

  private constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new OriginConnection(socket, () => {
        this.behaviour(connection);
        this.#wake();
      });
      this.connections.push(connection);
      this.#wake();
    });
  }

  /** @param path  of a UNIX socket; left out: a port of its own */
  static async start(behaviour: Behaviour = silent, path = ""): Promise<RawOrigin> {
    const origin = new RawOrigin(behaviour);
    if (path === "") origin.#server.listen(0, "127.0.0.1");
    else origin.#server.listen(path);
    await once(origin.#server, "listening");
    const address = origin.#server.address();
    if (typeof address === "object") origin.port = address?.port ?? 0;
    return origin;
  }

  get address(): string {
    const address = this.#server.address();
    return typeof address === "string" ? `unix:${address}` : `127.0.0.1:${this.port}`;
  }

  /** All that came, over all connections. */
  get text(): string {
    return this.connections.map(({ text }) => text).join("");
  }

  /**
   * Forgets what came and closes its connections, so that the next test starts from nothing. Both
   * FINs are awaited: the proxy cannot take one of them for open any more.
   */
  async reset(behaviour: Behaviour = silent): Promise<void> {
    this.behaviour = ({ socket }) => socket.end(); // of a request that is tried again
    for (const { socket } of this.connections) socket.end().resume();
    await this.until(() => this.connections.every(({ isClosed }) => isClosed), "end of all");
    this.connections.length = 0;
    this.behaviour = behaviour;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const timeout = AbortSignal.timeout(WAIT_MS_MAX);
    const onTimeout = (): void => this.#wake();
    timeout.addEventListener("abort", onTimeout);
    while (!holds()) {
      if (timeout.aborted) {
        throw new Error(`no ${what} in time; got ${JSON.stringify(this.text.slice(-400))}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    timeout.removeEventListener("abort", onTimeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) {
      this.#waiting.delete(wake);
      wake();
    }
  }
}

export const silent: Behaviour = () => undefined;

/** Answers each whole request (length or chunks considered) with these bytes. */
export function answering(response: string | ((request: RequestText) => string)): Behaviour {
  const answered = new WeakMap<OriginConnection, number>();
  return (connection) => {
    let at = answered.get(connection) ?? 0;
    for (;;) {
      const end = requestEnd(connection.text, at);
      if (end === -1) break;
      const request = requestText(connection.text.slice(at, end));
      connection.send(typeof response === "string" ? response : response(request));
      at = end;
    }
    answered.set(connection, at);
    if (connection.hasEnded && !connection.socket.writableEnded) connection.socket.end();
  };
}

export function requestText(text: string): RequestText {
  const headEnd = text.indexOf("\r\n\r\n");
  return { lines: text.slice(0, headEnd).split("\r\n"), body: text.slice(headEnd + 4) };
}

export const ok = (body = "ok", headers = ""): string =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

function requestEnd(text: string, from: number): number {
  const headEnd = text.indexOf("\r\n\r\n", from);
  if (headEnd === -1) return -1;
  const head = text.slice(from, headEnd);
  if (/\r\ntransfer-encoding: chunked/i.test(head)) {
    const last = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/g;
    last.lastIndex = headEnd + 2;
    return last.test(text) ? last.lastIndex : -1;
  }
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const end = headEnd + 4 + length;
  return text.length < end ? -1 : end;
}
