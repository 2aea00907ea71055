// A server of HTTP/2 without a proxy behind it: what it takes for a request it answers with what it
// took it for.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { Deadlines } from "../../../src/base/clock.ts";
import { SluiceError } from "../../../src/base/errors.ts";
import { BeginQueue } from "../../../src/downstream/begin-queue.ts";
import { ClientSocket } from "../../../src/downstream/client-socket.ts";
import type { ClientStream, RequestHandler } from "../../../src/downstream/client-stream.ts";
import type { ConnectionOptions } from "../../../src/downstream/connection-owner.ts";
import { Http2Connection } from "../../../src/downstream/http2/connection.ts";
import type { Refusal } from "../../../src/downstream/serve-context.ts";
import { CODEC_LIMITS } from "../../../src/http1/limits.ts";
import { NOTHING_STATED, type RequestHead } from "../../../src/http1/messages.ts";

const MINUTE_MS = 60_000;

export class EchoStand implements AsyncDisposable {
  port = 0;
  readonly refusals: Refusal[] = [];
  readonly errors: string[] = [];
  readonly connections = new Set<Http2Connection>();
  /** Requests that began. */
  began = 0;
  /** Of each answer's body. */
  bodyBytes = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #deadlines: Deadlines;
  readonly #server;

  constructor(
    options: Partial<ConnectionOptions> = {},
    deadlines = new Deadlines(),
    queue = new BeginQueue(() => 0),
  ) {
    this.#deadlines = deadlines;
    const all: ConnectionOptions = {
      deadlines,
      codec: CODEC_LIMITS,
      headMs: MINUTE_MS,
      bodyBytesPerSecond: 0,
      keepAliveMs: MINUTE_MS,
      clientWriteMs: MINUTE_MS,
      responseBytesPerSecond: 0,
      ...options,
    };
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const owner = {
        queue,
        begin: (stream: ClientStream, head: RequestHead) => this.#begin(stream, head),
        refused: (refusal: Refusal) => void this.refusals.push(refusal),
        closed: (connection: Http2Connection) => void this.connections.delete(connection),
      };
      const sender = new ClientSocket({ socket, secure: null });
      this.connections.add(new Http2Connection(sender, owner, all));
    });
  }

  static async start(
    options: Partial<ConnectionOptions> = {},
    queue?: BeginQueue,
  ): Promise<EchoStand> {
    const stand = new EchoStand(options, new Deadlines(), queue);
    await stand.listen();
    return stand;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    assert.ok(typeof address === "object" && address !== null);
    this.port = address.port;
  }

  /** Requests to /hold wait for this; those to /early are answered before their body. */
  answerAll(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  #begin(stream: ClientStream, head: RequestHead): RequestHandler {
    this.began++;
    let body = "";
    const answer = (trailers: string): void => {
      const { method, target, host, headers, contentLength } = head;
      const told = JSON.stringify({ method, target, host, headers, contentLength, body, trailers });
      const text = Buffer.from(told.padEnd(this.bodyBytes));
      const rest = { requestId: "", statedLength: NOTHING_STATED, upgrade: "", hasDate: true };
      const outgoing = { status: 200, reason: "OK", headers: "", ...rest };
      stream.begin({ ...outgoing, contentLength: text.length }, text, "");
      stream.finish();
    };
    const ended = (trailers: string): void => {
      if (head.target === "/hold") this.#waiting.push(() => answer(trailers));
      else answer(trailers);
    };
    if (head.contentLength === 0 || head.target === "/early") setImmediate(ended, "");
    else setImmediate(() => stream.startBody(MINUTE_MS));
    return {
      abortsOnHalfClose: false,
      onBody: (chunk) => {
        body += chunk.toString("latin1");
      },
      onBodyEnd: ended,
      onBodyError: (error) => this.#failed(error),
      onClientGone: (error) => this.#failed(error),
      onWritable: () => {},
    };
  }

  #failed(error: SluiceError): void {
    assert.ok(error instanceof SluiceError);
    this.errors.push(error.code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of [...this.connections]) connection.abort();
    this.#server.close();
    await once(this.#server, "close");
    this.#deadlines[Symbol.dispose]();
  }
}
