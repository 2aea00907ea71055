// The admin listener: the application of api/app.ts over node:http. It runs in the main thread and
// never sees a client's request.

import { constants } from "node:crypto";
import {
  createServer,
  type Server as HttpServer,
  type RequestListener,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createSecureServer, type Server as HttpsServer } from "node:https";
import { Server as NetServer } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { parseAddress } from "../base/config/address.ts";
import { descriptorOf } from "../base/descriptor.ts";
import { LIMITS } from "../base/limits.ts";
import { createApp } from "./api/app.ts";
import type { Guard } from "./api/guard.ts";
import { openapiRoute } from "./api/openapi.ts";
import { ApiError, PROBLEM_CONTENT_TYPE, problemText } from "./api/problem.ts";
import type { AdminRoute } from "./api/route.ts";
import { dashboardFiles } from "./dashboard/files.ts";

export interface AdminOptions {
  /** `host:port`; port 0: any. */
  readonly address: string;
  /** A listening socket that is there already, for that address. */
  readonly descriptor?: number;
  /** Left out: HTTP in the clear. */
  readonly tls?: AdminTls;
  /** What it answers, besides openapi.json. */
  readonly routes: readonly AdminRoute[];
  readonly guard: Guard;
  /** Told of what went wrong inside; the client gets a 500 without the cause. */
  onError?(error: unknown): void;
  /** Resolves when something may be changed; left out: at any time. */
  readonly mayChange?: () => Promise<void>;
  /** Of the store, which is served: each answer says it. Left out: there is none. */
  readonly revision?: () => number;
  /** Since when nothing newer of the store is known; null: all is. */
  readonly staleSinceMs?: () => number | null;
  /** Names of all that there are, for who asks for another; left out: they are not told. */
  readonly tenants?: () => readonly string[];
  /** Host names by which browsers may open the dashboard, besides addresses and localhost. */
  readonly hosts?: readonly string[];
}

/** PEM, all. */
export interface AdminTls {
  readonly cert: string;
  readonly key: string;
  /** Authorities of callers' certificates; null: callers need none. */
  readonly ca: string | null;
}

export interface AdminClosing {
  /** How long connections that are open may bring one more call, so that none is lost. */
  readonly graceMs: number;
  /** How long calls have that are under way. */
  readonly withinMs: number;
}

export interface Admin {
  /** With the port that it got. */
  readonly address: string;
  /** Of its listening socket, for a process that takes over; -1: the platform has none. */
  readonly descriptor: number;
  /** Answers what is under way, then closes every connection. */
  close(closing?: AdminClosing): Promise<void>;
}

/** Rejects with one clear error if the address cannot be had. */
export const startAdmin = async (options: AdminOptions): Promise<Admin> => {
  const { routes, guard, revision = () => null, mayChange = async () => {}, hosts = [] } = options;
  const { staleSinceMs = () => null, tenants = () => [] } = options;
  const onError = (error: unknown): void => options.onError?.(error);
  const all = [...routes, openapiRoute(routes)];
  const dashboard = { files: dashboardFiles, hosts };
  const app = createApp({
    ...{ routes: all, guard, onError, mayChange, revision, staleSinceMs, tenants, dashboard },
  });
  const isTls = options.tls !== undefined;
  const listener = getRequestListener(
    (request, { incoming }) =>
      app.fetch(request, { remote: incoming.socket.remoteAddress ?? "", isTls }),
    { overrideGlobalObjects: false },
  );
  const calls = new OpenCalls();
  const server = serverFor(options, (request, response) => {
    calls.add(response);
    listener(request, response).catch(onError);
  });
  server.on("clientError", refuse);
  server.maxConnections = LIMITS.adminConnections;
  await listen(server, options);
  return {
    address: boundAddress(server),
    descriptor: descriptorOf(server),
    close: (closing = AT_ONCE) => close(server, calls, closing),
  };
};

type Server = HttpServer | HttpsServer;

function serverFor({ tls }: AdminOptions, listener: RequestListener): Server {
  if (tls === undefined) return createServer(SERVER_OPTIONS, listener);
  const { cert, key, ca } = tls;
  const clients = ca === null ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants;
  const handshake = {
    ...{ handshakeTimeout: LIMITS.adminHeadMs, minVersion: "TLSv1.2" as const },
    // a session that goes on would outlive the caller's certificate
    secureOptions: SSL_OP_NO_RENEGOTIATION | (ca === null ? 0 : SSL_OP_NO_TICKET),
  };
  return createSecureServer({ ...SERVER_OPTIONS, ...handshake, cert, key, ...clients }, listener);
}

const AT_ONCE: AdminClosing = { graceMs: 0, withinMs: LIMITS.adminCloseMs };

/** Calls under way: once the server closes, each is the last of its connection. */
class OpenCalls {
  readonly #responses = new Set<ServerResponse>();
  #isClosing = false;

  add(response: ServerResponse): void {
    if (this.#isClosing) response.shouldKeepAlive = false;
    this.#responses.add(response);
    response.once("close", () => this.#responses.delete(response));
  }

  close(): void {
    this.#isClosing = true;
    for (const response of this.#responses) response.shouldKeepAlive = false;
  }
}

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

const close = async (server: Server, calls: OpenCalls, closing: AdminClosing): Promise<void> => {
  const { graceMs, withinMs } = closing;
  calls.close();
  const closeIdle = (): void => server.closeIdleConnections();
  if (graceMs === 0) closeIdle();
  // again and again: one whose call ends later may have promised to stay open
  const timers = [
    setInterval(closeIdle, Math.max(graceMs, LIMITS.adminIdleMs)),
    setTimeout(() => server.closeAllConnections(), graceMs + withinMs),
  ];
  const { promise, resolve } = Promise.withResolvers<void>();
  // the HTTP server's own `close` would end idle connections at once
  NetServer.prototype.close.call(server, () => resolve());
  await promise;
  for (const timer of timers) clearInterval(timer);
  server.close();
};
