// The admin listener: the application of api/app.ts over node:http. It runs in the main thread and
// never sees a client's request.

import { createServer, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { parseAddress } from "../base/config/address.ts";
import { descriptorOf } from "../base/descriptor.ts";
import { LIMITS } from "../base/limits.ts";
import { createApp } from "./api/app.ts";
import type { Guard } from "./api/guard.ts";
import { openapiRoute } from "./api/openapi.ts";
import { ApiError, PROBLEM_CONTENT_TYPE, problemText } from "./api/problem.ts";
import type { Route } from "./api/route.ts";

export interface AdminOptions {
  /** `host:port`; port 0: any. */
  readonly address: string;
  /** A listening socket that is there already, for that address. */
  readonly descriptor?: number;
  /** What it answers, besides openapi.json. */
  readonly routes: readonly Route[];
  readonly guard: Guard;
  /** Told of what went wrong inside; the client gets a 500 without the cause. */
  onError?(error: unknown): void;
}

export interface Admin {
  /** With the port that it got. */
  readonly address: string;
  /** Of its listening socket, for a process that takes over; -1: the platform has none. */
  readonly descriptor: number;
  /** Answers what is under way, then closes every connection. */
  close(): Promise<void>;
}

/** Rejects with one clear error if the address cannot be had. */
export const startAdmin = async (options: AdminOptions): Promise<Admin> => {
  const { routes, guard } = options;
  const onError = (error: unknown): void => options.onError?.(error);
  const app = createApp({ routes: [...routes, openapiRoute(routes)], guard, onError });
  const listener = getRequestListener(
    (request, { incoming }) => app.fetch(request, { remote: incoming.socket.remoteAddress ?? "" }),
    { overrideGlobalObjects: false },
  );
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    listener(request, response).catch(onError);
  });
  server.on("clientError", refuse);
  server.maxConnections = LIMITS.adminConnections;
  await listen(server, options);
  return {
    address: boundAddress(server),
    descriptor: descriptorOf(server),
    close: () => close(server),
  };
};

const SERVER_OPTIONS = {
  maxHeaderSize: LIMITS.adminHeadBytes,
  headersTimeout: LIMITS.adminHeadMs,
  requestTimeout: LIMITS.adminRequestMs,
  keepAliveTimeout: LIMITS.adminKeepAliveMs,
  connectionsCheckingInterval: LIMITS.adminCheckMs,
};

/** What cannot even be read as a request: the parser gives up on the connection. */
const refuse = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const refusal = UNREADABLE[error.code ?? ""] ?? new ApiError(400, "This is not valid HTTP.");
  const body = problemText(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    "Connection: close",
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};

const UNREADABLE: Readonly<Record<string, ApiError>> = {
  HPE_HEADER_OVERFLOW: new ApiError(431, "The request's head is too large."),
  ERR_HTTP_REQUEST_TIMEOUT: new ApiError(408, "The request took too long to arrive."),
};

const listen = (server: Server, { address, descriptor }: AdminOptions): Promise<void> => {
  const parsed = parseAddress(address);
  if (parsed === null) throw new TypeError(`expected host:port, got ${address}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException) =>
    reject(
      new Error(`Cannot open the admin listener on ${address}: ${reasonOf(error)}`, {
        cause: error,
      }),
    );
  server.once("error", fail);
  const place =
    descriptor === undefined ? { host: parsed.host, port: parsed.port } : { fd: descriptor };
  server.listen(place, () => {
    server.off("error", fail);
    resolve();
  });
  return promise;
};

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else listens there",
  EACCES: "this user may not use that port",
  EADDRNOTAVAIL: "this machine does not have that address",
};

const reasonOf = (error: NodeJS.ErrnoException): string =>
  REASONS[error.code ?? ""] ?? error.message;

const boundAddress = (server: Server): string => {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a listener has a port");
  return `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
};

const close = (server: Server): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  // `close` ends idle connections at once, and waits for the others: not for ever.
  const timer = setTimeout(() => server.closeAllConnections(), LIMITS.adminCloseMs);
  server.close(() => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
};
