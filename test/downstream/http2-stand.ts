// The port to a client with HTTP/2 behind it, and node:http2 as the client.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { createServer } from "node:net";
import { Deadlines } from "../../src/base/clock.ts";
import { BeginQueue } from "../../src/downstream/begin-queue.ts";
import { ClientSocket } from "../../src/downstream/client-socket.ts";
import type { ClientStream } from "../../src/downstream/client-stream.ts";
import { Http2Connection } from "../../src/downstream/http2/connection.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import type { RequestHead } from "../../src/http1/messages.ts";
import { type Asking, type Protocol, Served } from "./stream-stand.ts";

const MINUTE_MS = 60_000;

export const HTTP2: Protocol = {
  name: "HTTP/2",
  endsWhereDistrusted: false,
  async listen(underWay = 0) {
    const deadlines = new Deadlines();
    const options = {
      deadlines,
      codec: CODEC_LIMITS,
      headMs: MINUTE_MS,
      bodyBytesPerSecond: 0,
      keepAliveMs: MINUTE_MS,
      clientWriteMs: MINUTE_MS,
      responseBytesPerSecond: 0,
    };
    let began: (served: Served) => void = () => assert.fail("nobody asked");
    let connections = 0;
    const owner = {
      queue: new BeginQueue(() => underWay),
      begin(stream: ClientStream, head: RequestHead): Served {
        const served = new Served(stream, head);
        began(served);
        return served;
      },
      refused: () => {},
      closed: () => {},
    };
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      connections++;
      new Http2Connection(new ClientSocket({ socket, secure: null }), owner, options);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const session: ClientHttp2Session = connect(`http://127.0.0.1:${address.port}`);
    return {
      get connections() {
        return connections;
      },
      async ask({ method = "GET", headers = {} } = {}) {
        const { promise, resolve } = Promise.withResolvers<Served>();
        began = resolve;
        const { Connection: _, ...own } = headers;
        const isBodyless = method === "GET" || method === "HEAD";
        const asked = session.request(
          { ":method": method, ...own },
          { endStream: isBodyless, waitForTrailers: !isBodyless },
        );
        return { asking: askingOf(asked), served: await promise };
      },
      async [Symbol.asyncDispose]() {
        session.destroy();
        server.close();
        await once(server, "close");
        deadlines[Symbol.dispose]();
      },
    };
  },
};

function askingOf(asked: ClientHttp2Stream): Asking {
  const interims: number[] = [];
  let trailers: Readonly<Record<string, string>> = {};
  let answered: NodeJS.Dict<string> = {};
  asked.on("headers", (headers) => interims.push(Number(headers[":status"])));
  asked.on("trailers", (headers) => {
    answered = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    );
  });
  asked.on("wantTrailers", () => asked.sendTrailers(trailers));
  const status = new Promise<number>((resolve, reject) => {
    asked.on("response", (headers) => resolve(Number(headers[":status"])));
    asked.on("error", reject);
  });
  status.catch(() => {});
  return {
    interims,
    write: (chunk) => void asked.write(chunk),
    end(given = {}) {
      trailers = given;
      asked.end();
    },
    leave: () => asked.destroy(),
    continued: once(asked, "continue").catch(() => {}),
    async answer() {
      const parts: Buffer[] = [];
      for await (const part of asked) parts.push(part);
      const body = Buffer.concat(parts).toString("latin1");
      return { status: await status, body, trailers: answered };
    },
  };
}
