// The admin listener: health, readiness and metrics over node:http. It runs in the main thread and
// never sees a client's request.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parseAddress } from "../base/config/address.ts";
import { descriptorOf } from "../base/descriptor.ts";
import { LIMITS } from "../base/limits.ts";
import { METRICS_CONTENT_TYPE } from "../observe/prometheus.ts";
import { type Actions, act } from "./actions.ts";
import { sendProblem } from "./problem.ts";

export interface AdminOptions {
  /** `host:port`; port 0: any. */
  readonly address: string;
  /** A listening socket that is there already, for that address. */
  readonly descriptor?: number;
  /** Null: ready. Else why not, in words: `starting`, `shutting down`. */
  isReady(): string | null;
  /** The text that Prometheus scrapes. */
  metricsText(): Promise<string>;
  /** What may be asked of the proxy from this machine, by path. */
  readonly actions?: Actions;
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
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.onError?.(error);
      fail(response);
    });
  });
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
  headersTimeout: LIMITS.adminRequestMs,
  requestTimeout: LIMITS.adminRequestMs,
  keepAliveTimeout: LIMITS.adminKeepAliveMs,
  connectionsCheckingInterval: LIMITS.adminCheckMs,
};

type Route = (response: ServerResponse, options: AdminOptions) => void | Promise<void>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/v1/health", (response) => send(response, "application/json", '{"status":"ok"}\n')],
  ["/v1/ready", (response, options) => sendReadiness(response, options.isReady())],
  [
    "/metrics",
    async (response, options) => send(response, METRICS_CONTENT_TYPE, await options.metricsText()),
  ],
]);

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: AdminOptions,
): Promise<void> => {
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  const [path = ""] = (request.url ?? "").split("?");
  const action = options.actions?.get(path);
  if (action !== undefined) return await act(request, response, action);
  const route = ROUTES.get(path);
  if (route === undefined) {
    const paths = [...ROUTES.keys(), ...(options.actions?.keys() ?? [])];
    const detail = `Nothing is at this path. There are ${paths.join(", ")}.`;
    sendProblem(response, { status: 404, title: "Not Found", detail });
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    const detail = "This path answers GET and HEAD.";
    sendProblem(response, { status: 405, title: "Method Not Allowed", detail });
    return;
  }
  await route(response, options);
};

const sendReadiness = (response: ServerResponse, reason: string | null): void => {
  if (reason === null) {
    send(response, "application/json", '{"status":"ready"}\n');
    return;
  }
  response.setHeader("Retry-After", "1");
  const detail = `The proxy is not ready: ${reason}.`;
  sendProblem(response, { status: 503, title: "Service Unavailable", detail });
};

const send = (response: ServerResponse, type: string, body: string): void => {
  response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
};

const fail = (response: ServerResponse): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const detail = "The proxy failed to answer. Its log says why.";
  sendProblem(response, { status: 500, title: "Internal Server Error", detail });
};

const listen = (server: Server, { address, descriptor }: AdminOptions): Promise<void> => {
  const parsed = parseAddress(address);
  if (parsed === null) throw new TypeError(`expected host:port, got ${address}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (error: NodeJS.ErrnoException) =>
    reject(
      new Error(`Cannot open the admin listener on ${address}: ${reasonOf(error)}`, {
        cause: error,
      }),
    );
  server.once("error", refuse);
  const place =
    descriptor === undefined ? { host: parsed.host, port: parsed.port } : { fd: descriptor };
  server.listen(place, () => {
    server.off("error", refuse);
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
