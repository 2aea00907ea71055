// What the clients of a test run speak to the proxy: HTTP/1.1, unless the whole file is run for
// HTTP/2, as test/run/jobs.ts does. Then a gateway stands between a test's clients and the proxy,
// so that both protocols have the same tests: it says by HTTP/2 what it hears by HTTP/1.1.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import { type AddressInfo, connect as connectSocket, type Socket } from "node:net";

const isHttp2 = process.env.LIFE_PROTOCOL === "2";

/** As `session.request.httpVersion` says it. */
export const CLIENT_VERSION = isHttp2 ? "2" : "1.1";

/** The same listeners, for what clients speak. */
export function listenersFor(
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { listeners } = config;
  if (!isHttp2 || !Array.isArray(listeners)) return config;
  return { ...config, listeners: listeners.map((one) => ({ http2: true, ...one })) };
}

/** Where the test's clients are to go. */
export interface Door extends AsyncDisposable {
  readonly port: number;
}

export async function doorTo(port: number): Promise<Door> {
  if (!isHttp2) return { port, [Symbol.asyncDispose]: async () => {} };
  const sessions = new Map<Socket, ClientHttp2Session>();
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void pass(request, response, sessionOf(request.socket));
  });
  /** A connection of the client's is one of ours. */
  function sessionOf(socket: Socket): ClientHttp2Session {
    const known = sessions.get(socket);
    if (known !== undefined && !known.destroyed && !known.closed) return known;
    // from the address that it comes from itself, of which there are many on loopback
    const { remoteAddress: localAddress = "127.0.0.1" } = socket;
    const own = { host: "127.0.0.1", port, localAddress };
    const session = connect(`http://127.0.0.1:${port}`, {
      createConnection: () => connectSocket(own),
    });
    session.on("error", () => {});
    sessions.set(socket, session);
    // its streams are reset first: a connection that ends has not left
    socket.once("close", () => session.close());
    return session;
  }
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    void pass(request, response, sessionOf(request.socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      for (const session of sessions.values()) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Fields of a connection alone. */
const OWN = new Set(["connection", "host", "keep-alive", "transfer-encoding", "te", "upgrade"]);
/** In trailers they make a request malformed: what the proxy does then is tested apart. */
const NEVER_TRAILERS = new Set([...OWN, "content-length", "proxy-connection", "http2-settings"]);

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  session: ClientHttp2Session,
): Promise<void> {
  const { method = "GET", url = "/", headersDistinct } = request;
  const fields: Record<string, string | string[]> = {
    ":method": method,
    ":path": url,
    ":authority": headersDistinct.host?.[0] ?? "",
  };
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!OWN.has(name) && name !== "expect") fields[name] = values;
  }
  const waitForTrailers = headersDistinct["transfer-encoding"] !== undefined;
  const stream = session.request(fields, { endStream: false, waitForTrailers });
  stream.on("wantTrailers", () => stream.sendTrailers(trailersOf(request)));
  stream.on("error", () => breakOff(response));
  response.on("close", () => {
    // by `close` a stream would end first, as if its body were whole
    if (!response.writableFinished) stream.destroy(new Error("the client has left"));
  });
  request.pipe(stream);
  stream.on("headers", (interim) => {
    if (interim[":status"] === 103) response.writeEarlyHints({ link: interim.link ?? "" });
  });
  stream.on("response", (head) => answer(response, stream, head));
}

const trailersOf = ({ trailersDistinct }: IncomingMessage): Record<string, string[]> => {
  const all = Object.entries(trailersDistinct);
  const sent = all.filter(([name]) => !NEVER_TRAILERS.has(name));
  return Object.fromEntries(sent.map(([name, values = []]) => [name, values]));
};

/** As the proxy breaks off an answer by HTTP/1.1. */
const breakOff = ({ socket }: ServerResponse): void => void socket?.resetAndDestroy();

function answer(response: ServerResponse, stream: ClientHttp2Stream, head: IncomingHttpHeaders) {
  const { ":status": status = 0, ...fields } = head;
  response.sendDate = false;
  response.removeHeader("connection"); // node would add one, which no answer of the proxy has
  response.writeHead(Number(status), fields);
  response.flushHeaders();
  stream.on("data", (part: Buffer) => {
    if (!response.write(part)) stream.pause();
  });
  response.on("drain", () => stream.resume());
  stream.on("trailers", (trailers) => response.addTrailers(entriesOf(trailers)));
  stream.on("close", () => {
    if (stream.rstCode === 0) response.end();
    else breakOff(response);
  });
}

const entriesOf = (fields: IncomingHttpHeaders): [string, string][] =>
  Object.entries(fields).map(([name, value]) => [name, String(value)]);
