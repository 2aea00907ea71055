// The near side of a worker: its listeners, its connections, and where each request begins. Requests
// that cannot become an exchange (not valid, no such host) are answered here.

import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "../base/config/address.ts";
import { ERRORS, SluiceError } from "../base/errors.ts";
import { makeRequestId } from "../base/ids.ts";
import { DateLine } from "../http1/date.ts";
import type { RequestHead } from "../http1/messages.ts";
import { headWithBytes, responseHeadText } from "../http1/serialise.ts";
import { Exchange } from "../phases/exchange.ts";
import { Attempts } from "./attempts.ts";
import {
  ClientConnection,
  type ConnectionOptions,
  type ConnectionOwner,
  type RequestHandler,
} from "./connection.ts";
import { ALLOWED, errorAnswer } from "./error-page.ts";
import { type Forwarder, isLastHop } from "./forwarded.ts";
import { reasonOf } from "./reasons.ts";
import type { ServeContext, Tenant } from "./serve-context.ts";
import { Serving } from "./serve.ts";

export interface ServerOptions {
  readonly context: ServeContext;
  readonly connection: ConnectionOptions;
  readonly forwarder: Forwarder;
  readonly connectionsMax: number;
}

const date = new DateLine(Date.now);

export class DownstreamServer implements ConnectionOwner {
  /** Requests under way, and those of them that hold a ctx. */
  requests = 0;
  liveCtx = 0;
  readonly #options: ServerOptions;
  readonly #context: ServeContext;
  readonly #connections = new Set<ClientConnection>();
  readonly #servers: Server[] = [];
  #isDraining = false;
  #idle: (() => void) | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    const { logged } = options.context;
    this.#context = {
      ...options.context,
      logged: (exchange) => {
        this.requests--;
        if (exchange.deployment !== null) this.liveCtx--;
        logged(exchange);
      },
    };
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Accepts connections there. `reusePort`: each worker has a listener of its own (SO_REUSEPORT). */
  async listen(at: Address, reusePort: boolean): Promise<number> {
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    const server = createServer(options, this.#accept);
    server.maxConnections = this.#options.connectionsMax;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: at.host, port: at.port, reusePort, backlog: BACKLOG }, resolve);
    });
    server.on("error", () => {}); // accept failed (EMFILE): libuv tries again with the next client
    this.#servers.push(server);
    const bound = server.address();
    return typeof bound === "object" && bound !== null ? bound.port : at.port;
  }

  /** No new connections, no new requests; resolves when the last exchange is over. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const server of this.#servers) server.close();
    for (const connection of [...this.#connections]) connection.drain();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** Ends what is left. */
  abort(): void {
    for (const connection of [...this.#connections]) connection.abort();
  }

  readonly #accept = (socket: Socket): void => {
    const connection = new ClientConnection(socket, this, this.#options.connection);
    this.#connections.add(connection);
    if (this.#isDraining) connection.drain();
  };

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#idle?.();
  }

  begin(client: ClientConnection, head: RequestHead): RequestHandler {
    const context = this.#context;
    const { forwarder } = this.#options;
    const tenant = context.route(head.host);
    const refusal = this.#refusalOf(tenant, head);
    const forwarding = forwarder.forward(head, client);
    const { clientAddress } = forwarding;
    const port = clientAddress === client.address ? client.port : 0;
    const exchange = new Exchange({
      id: forwarding.id,
      startMs: performance.timeOrigin + performance.now(),
      client: { address: clientAddress, port, tls: client.tls },
      minor: head.minor,
      host: head.host,
      tenant: tenant?.name ?? "",
      // what is refused here gets no ctx, so no hook may run for it
      deployment: refusal === null ? (tenant?.deployment ?? null) : null,
      method: head.method,
      target: head.target,
      headers: forwarding.headers,
    });
    this.requests++;
    if (exchange.deployment !== null) this.liveCtx++;
    const attempts = new Attempts(tenant ?? NOBODY);
    const serving = new Serving({ context, client, head, exchange, attempts });
    if (refusal !== null) serving.startWithError(refusal);
    else if (isLastHop(head)) serving.startWithAnswer(OPTIONS_ANSWER);
    else serving.start();
    return serving;
  }

  #refusalOf(tenant: Tenant | null, head: RequestHead): SluiceError | null {
    if (tenant === null) return new SluiceError("unknown_host", "no tenant has this host");
    if (this.#options.forwarder.isLoop(head)) return new SluiceError("loop_detected");
    if (head.contentLength > this.#options.context.bodyBytesMax) {
      return new SluiceError("body_too_large");
    }
    return null;
  }

  refuse(connection: ClientConnection, error: SluiceError): void {
    const id = makeRequestId();
    const { status, headers, body } = errorAnswer(error.code, id);
    const response = {
      status,
      reason: reasonOf(status),
      headers: `${headers}X-Request-Id: ${id}\r\n`,
      contentLength: body.length,
      upgrade: "",
      hasDate: false,
    };
    const framing = { framing: "length", minor: 1, keepAlive: false, date: date.line() } as const;
    if (ERRORS[error.code].status !== 0) {
      connection.write(headWithBytes(responseHeadText(response, framing), body));
    }
    connection.refused();
    const { code, message } = error;
    this.#options.context.refused({ id, client: connection.address, code, message, status });
  }
}

/** As nginx has it; the kernel caps it with net.core.somaxconn. */
const BACKLOG = 4096;

const NOBODY: Tenant = {
  name: "",
  groups: new Map(),
  defaultGroup: null,
  maxRetries: 0,
  deployment: null,
};

/** To an OPTIONS request whose Max-Forwards ends here (RFC 9110 section 7.6.2). */
const OPTIONS_ANSWER = { status: 204, headers: `Allow: ${ALLOWED}\r\n`, body: Buffer.alloc(0) };
