// The oracle of oracle.test.ts: what node:http makes of the same bytes, seen from outside. Streams
// in memory stand for sockets, so that a thousand messages take a second.

import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from "node:http";
import { type Duplex, duplexPair } from "node:stream";

/** A message as far as a reader saw it. */
export interface SeenMessage {
  /** Method and target of a request, or status of a response. */
  readonly start: string;
  /** What frames it: `chunked`, a number of bytes, or nothing. */
  readonly framing: string;
  readonly body: string;
  readonly isComplete: boolean;
}

export interface Sight {
  readonly messages: readonly SeenMessage[];
  /** Code of the error with which the reader gave up; null: it read on to the end. */
  readonly error: string | null;
}

/** What node's server sees of the bytes of one client connection, which then ends its half. */
export function seenByServer(parts: readonly Buffer[]): Promise<Sight> {
  const messages: Promise<SeenMessage>[] = [];
  let error: string | null = null;
  // Like ours: an Upgrade that nobody takes up is a request like any other.
  const server = createServer({ shouldUpgradeCallback: () => false });
  // An Expect that is not met (ours passes over an empty one) leaves the framing as it is.
  for (const event of ["request", "checkExpectation"]) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      messages.push(read(request, `${request.method} ${request.url}`));
      // With its length an answer keeps the connection, to HTTP/1.0 too.
      response.setHeader("Content-Length", 0);
      request.on("end", () => response.end());
    });
  }
  // Not in the types: a client may end its half and still get its answers.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("clientError", (fault: NodeJS.ErrnoException, socket) => {
    error ??= fault.code ?? fault.message;
    socket.destroy();
  });
  return converse(parts, (socket) => server.emit("connection", socket)).then(async () => {
    close(server);
    return { messages: await Promise.all(messages), error };
  });
}

/** What node's client sees of the bytes of a peer, which then closes. */
export function seenByClient(method: string, parts: readonly Buffer[]): Promise<Sight> {
  const messages: Promise<SeenMessage>[] = [];
  let error: string | null = null;
  return converse(parts, (socket) => {
    const request = sendRequest({ method, createConnection: () => socket });
    request.on("information", ({ statusCode }) => {
      const start = `${statusCode}`;
      messages.push(Promise.resolve({ start, framing: "", body: "", isComplete: true }));
    });
    request.on("response", (response) => {
      messages.push(read(response, `${response.statusCode}`));
    });
    request.on("error", (fault: NodeJS.ErrnoException) => {
      error ??= fault.code ?? fault.message;
    });
    request.end();
  }).then(async () => ({ messages: await Promise.all(messages), error }));
}

/** Writes the parts to one end of a pair whose other end `accept` has, until both are closed. */
async function converse(parts: readonly Buffer[], accept: (end: Duplex) => unknown): Promise<void> {
  const [near, far] = duplexPair();
  const closed = Promise.all([once(near, "close"), once(far, "close")]);
  // Whoever reads may destroy its end at any time: a write behind that is no fault of ours.
  for (const end of [near, far]) end.on("error", () => undefined);
  accept(far);
  near.resume();
  far.on("close", () => near.destroy());
  near.on("end", () => near.destroy());
  near.on("close", () => far.destroy());
  for (const part of parts) {
    if (!near.writable) break;
    near.write(part);
    await turn();
  }
  if (near.writable) near.end();
  for (let turns = 0; turns < QUIET_TURNS && !far.destroyed; turns++) await turn();
  near.destroy();
  far.destroy();
  await closed;
}

/** Passes after which a reader has done all that it does with bytes in memory. */
const QUIET_TURNS = 50;

/** One pass of the event loop: what was written has been read. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

function read(message: IncomingMessage, start: string): Promise<SeenMessage> {
  const chunks: Buffer[] = [];
  const { headers } = message;
  const framing = headers["transfer-encoding"] ?? headers["content-length"] ?? "";
  return new Promise((done) => {
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("error", () => undefined);
    message.on("close", () => {
      const body = Buffer.concat(chunks).toString("latin1");
      done({ start, framing, body, isComplete: message.complete });
    });
  });
}

function close(server: Server): void {
  server.closeAllConnections();
  server.close(() => undefined);
}
