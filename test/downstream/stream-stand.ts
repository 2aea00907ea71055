// Where the tests of the port to a client run: an exchange's stream on one side, and on the other a
// client of the protocol that is behind it. A second protocol is a second `Protocol`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { Deadlines } from "../../src/base/clock.ts";
import type { SluiceError } from "../../src/base/errors.ts";
import { BeginQueue } from "../../src/downstream/begin-queue.ts";
import { ClientSocket } from "../../src/downstream/client-socket.ts";
import type { ClientStream, RequestHandler } from "../../src/downstream/client-stream.ts";
import { ClientConnection } from "../../src/downstream/connection.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import {
  NOTHING_STATED,
  type OutgoingResponse,
  type RequestHead,
} from "../../src/http1/messages.ts";

/** The exchange: writes down what it hears, in order. */
export class Served implements RequestHandler {
  readonly stream: ClientStream;
  readonly head: RequestHead;
  readonly abortsOnHalfClose = false;
  readonly events: string[] = [];
  error: SluiceError | null = null;
  #wake: (() => void) | null = null;

  constructor(stream: ClientStream, head: RequestHead) {
    this.stream = stream;
    this.head = head;
  }

  onBody(chunk: Buffer): void {
    this.#note(chunk.toString("latin1"));
  }

  onBodyEnd(trailers: string): void {
    this.#note(`end ${trailers.trim().toLowerCase()}`.trim());
  }

  onBodyError(error: SluiceError): void {
    this.error = error;
    this.#note("body error");
  }

  onClientGone(error: SluiceError): void {
    this.error = error;
    this.#note("gone");
  }

  onWritable(): void {
    this.#note("writable");
  }

  /** Waits until this was heard. */
  async heard(event: string): Promise<void> {
    while (!this.events.includes(event)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #note(event: string): void {
    this.events.push(event);
    this.#wake?.();
  }
}

/** The client's side of one request. */
export interface Asking {
  write(chunk: string): void;
  end(trailers?: Readonly<Record<string, string>>): void;
  /** The client goes. */
  leave(): void;
  /** It was asked for its body. */
  readonly continued: Promise<unknown>;
  /** Statuses of interim responses. */
  readonly interims: readonly number[];
  /** Its answer; rejects if it is broken. What it has of a body is read from now on. */
  answer(): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stand extends AsyncDisposable {
  /** One after the other, all on the same connection. */
  ask(options?: AskOptions): Promise<{ readonly asking: Asking; readonly served: Served }>;
  /** Connections so far. */
  readonly connections: number;
}

export interface Protocol {
  readonly name: string;
  /** What comes behind a request that is not to be relied on cannot be told from it. */
  readonly endsWhereDistrusted: boolean;
  /** @param underWay  so many requests of others are */
  listen(underWay?: number): Promise<Stand>;
}

const MINUTE_MS = 60_000;

export const HTTP1: Protocol = {
  name: "HTTP/1.1",
  endsWhereDistrusted: true,
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
      refuse: (connection: ClientConnection) => connection.refused(),
      closed: () => {},
      detached: () => {},
    };
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      connections++;
      new ClientConnection(new ClientSocket({ socket, secure: null }), owner, options);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return {
      get connections() {
        return connections;
      },
      async ask({ method = "GET", headers = {} } = {}) {
        const { promise, resolve } = Promise.withResolvers<Served>();
        began = resolve;
        const asked = request({ agent, host: "127.0.0.1", port: address.port, method, headers });
        const asking = askingOf(asked);
        if (method === "GET" || method === "HEAD") asked.end();
        else asked.flushHeaders();
        return { asking, served: await promise };
      },
      async [Symbol.asyncDispose]() {
        agent.destroy();
        server.close();
        await once(server, "close");
        deadlines[Symbol.dispose]();
      },
    };
  },
};

function askingOf(asked: ClientRequest): Asking {
  const interims: number[] = [];
  asked.on("information", ({ statusCode }) => interims.push(statusCode));
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve).on("error", reject);
  });
  response.catch(() => {});
  return {
    interims,
    write: (chunk) => void asked.write(chunk),
    end(trailers = {}) {
      asked.addTrailers(trailers);
      asked.end();
    },
    leave: () => asked.destroy(),
    continued: once(asked, "continue").catch(() => {}),
    async answer() {
      const answered = await response;
      const parts: Buffer[] = [];
      for await (const part of answered) parts.push(part);
      const body = Buffer.concat(parts).toString("latin1");
      return { status: answered.statusCode ?? 0, body, trailers: answered.trailers };
    },
  };
}

/** @param contentLength  -1: nobody knows */
export const headOf = (contentLength: number, status = 200): OutgoingResponse => ({
  requestId: "",
  status,
  reason: "OK",
  headers: "X-From: test\r\n",
  contentLength,
  statedLength: NOTHING_STATED,
  upgrade: "",
  hasDate: false,
});
