// An origin for tests that change the proxy in mid-request: it answers a path when it is told to,
// and speaks WebSocket, if only to say hello and to echo a close frame.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HELLO = Buffer.from([0x81, 5, 0x68, 0x65, 0x6c, 0x6c, 0x6f]);

export class SocketOrigin implements AsyncDisposable {
  readonly sockets = new Set<Socket>();
  readonly #held: ServerResponse[] = [];
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    if (request.url !== "/held") {
      response.end("plain");
      return;
    }
    response.write("begun ");
    this.#held.push(response);
  });

  static async start(): Promise<SocketOrigin> {
    const origin = new SocketOrigin();
    origin.#server.on("upgrade", (request, socket: Socket) =>
      origin.#upgrade(request.headers, socket),
    );
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    return origin;
  }

  get address(): string {
    const bound = this.#server.address();
    if (typeof bound !== "object" || bound === null) throw new Error("no address");
    return `127.0.0.1:${bound.port}`;
  }

  /** An answer for /held has begun. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Ends every answer for /held that has begun. */
  release(): void {
    for (const response of this.#held.splice(0)) response.end("ended");
  }

  /** A text frame to every WebSocket. */
  greet(): void {
    for (const socket of this.sockets) socket.write(HELLO);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #upgrade(headers: NodeJS.Dict<string | string[]>, socket: Socket): void {
    const key = `${headers["sec-websocket-key"]}${GUID}`;
    const accept = createHash("sha1").update(key).digest("base64");
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      if (((chunk[0] ?? 0) & 0x0f) === 8) socket.end();
    });
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  }
}

/** An open WebSocket through the proxy. */
export async function openSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(socket, "open");
  return socket;
}
