// Peers of HTTP/2: Node's own server, which is the oracle, and one whose every frame a test
// decides.

import { once } from "node:events";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Certificate } from "../support/certificates.ts";
import { RawHttp2, settings } from "../support/http2-client.ts";

type OnStream = (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => void;

export interface OracleOptions {
  readonly certificate?: Certificate | null;
  readonly settings?: Settings;
}

/** Node's server. */
export class OracleOrigin implements AsyncDisposable {
  readonly sessions: ServerHttp2Session[] = [];
  readonly #server: Http2Server;

  private constructor(server: Http2Server, onStream: OnStream) {
    this.#server = server;
    server.on("session", (session) => {
      this.sessions.push(session);
      session.on("error", () => {});
    });
    server.on("stream", (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => {
      stream.on("error", () => {});
      onStream(stream, fields);
    });
  }

  static async listen(onStream: OnStream, options: OracleOptions = {}): Promise<OracleOrigin> {
    const { certificate = null, settings: own = {} } = options;
    const server =
      certificate === null
        ? createHttp2Server({ settings: own })
        : createSecureServer({ ...certificate, settings: own });
    const origin = new OracleOrigin(server, onStream);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return origin;
  }

  get address(): string {
    return addressOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await close(this.#server);
  }
}

/** A server that says what it is told to. */
export class FrameOrigin implements AsyncDisposable {
  readonly accepted: RawHttp2[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(onConnection: (peer: RawHttp2) => unknown) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      const peer = new RawHttp2(socket, true);
      this.accepted.push(peer);
      const done = onConnection(peer);
      // a script that waits for frames that never come ends with its connection
      if (done instanceof Promise) done.catch(() => socket.destroy());
    });
  }

  /** @param onConnection  what to do with each, after its settings */
  static async listen(
    onConnection: (peer: RawHttp2) => unknown,
    begin: Buffer = settings(),
  ): Promise<FrameOrigin> {
    const origin = new FrameOrigin((peer) => {
      peer.send(begin);
      return onConnection(peer);
    });
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    return origin;
  }

  get address(): string {
    return addressOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await close(this.#server);
  }
}

function addressOf(server: Pick<Server, "address">): string {
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

async function close(server: Pick<Server, "close" | "once">): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
