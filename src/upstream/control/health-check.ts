// One check of one peer: a connection is enough, or a request is answered as it should be (by gRPC,
// a call). It goes
// by our own transport, over a connection of its own, with the TLS and the name that traffic has.

import type { HealthConfig } from "../../base/config/upstream/types.ts";
import type { SluiceError } from "../../base/errors.ts";
import { fieldOf } from "../../wire/headers.ts";
import type {
  Borrower,
  Borrowing,
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../transport.ts";
import {
  GRPC_HEALTH_PATH,
  GRPC_LINES,
  grpcHealthRequest,
  grpcHealthResult,
} from "./grpc-health.ts";

/** Of the body that is looked at: a page that says how a service is has some lines. */
const BODY_BYTES_MAX = 65_536;

/** Null: the peer is sound. Else why it is not. */
export type CheckResult = string | null;

export class HealthCheck implements Borrower, ResponseSink {
  readonly #config: HealthConfig;
  readonly #name: string;
  readonly #done: (result: CheckResult, isOurs: boolean) => void;
  readonly #borrowing: Borrowing;
  readonly #timer: NodeJS.Timeout;
  #lent: LentExchange | null = null;
  #isOver = false;
  #body = "";
  /** Of an answer by gRPC: its head, as long as no trailers have come. */
  #fields = "";

  /** @param done  once; `isOurs`: the check says nothing of the peer */
  constructor(
    { config, peer, name, transport }: CheckParts,
    done: (result: CheckResult, isOurs: boolean) => void,
  ) {
    this.#config = config;
    this.#name = name;
    this.#done = done;
    const { timeoutMs } = config;
    this.#timer = setTimeout(() => this.#end(`over ${timeoutMs} ms`), timeoutMs);
    // one of HTTP/2 would rest when its check is over
    const own = peer.protocol === "http2" ? { ...peer, idleTimeoutMs: 0 } : peer;
    this.#borrowing = transport.open(own, this);
  }

  /** Nobody wants to know any more. */
  cancel(): void {
    this.#isOver = true;
    this.#close();
  }

  onLent(lent: LentExchange): void {
    if (this.#isOver) return lent.destroy();
    this.#lent = lent;
    if (this.#config.kind === "tcp") return this.#end(null);
    if (!lent.send(requestOf(this.#config, this.#name), this)) this.#end("it closed at once");
    else if (this.#config.kind === "grpc") {
      lent.write(grpcHealthRequest(this.#config.service));
      lent.end("");
    }
  }

  onConnectFailed(error: SluiceError): void {
    this.#end(error.message, error.kind.blame !== "upstream");
  }

  onInformational(): void {}

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    const { statuses, header, body } = this.#config;
    const { status, headers } = response;
    if (this.#config.kind === "grpc") return this.#onGrpcHead(response, isComplete);
    if (!statuses.some(({ from, to }) => status >= from && status <= to)) {
      return this.#end(`it answered with status ${status}`);
    }
    if (
      header !== null &&
      fieldOf(headers, header.name.toLowerCase())?.includes(header.value) !== true
    ) {
      return this.#end(`its answer has no ${header.name} as expected`);
    }
    if (body === null) return this.#end(null);
    this.#take(typeof first === "string" ? first : (first?.toString("latin1") ?? ""));
    if (isComplete) this.onEnd("");
  }

  onData(chunk: Buffer): boolean {
    this.#take(chunk.toString("latin1"));
    return true;
  }

  onEnd(trailers: string): void {
    if (this.#config.kind === "grpc") return this.#endGrpc(trailers);
    this.#end(this.#hasText ? null : "its answer does not have the text");
  }

  onError(error: SluiceError): void {
    this.#end(error.message, error.kind.blame !== "upstream");
  }

  onDrain(): void {}

  #onGrpcHead({ status, headers }: UpstreamResponse, isComplete: boolean): void {
    if (status !== 200) return this.#end(`it answered with status ${status}`);
    this.#fields = headers;
    if (isComplete) this.#endGrpc("");
  }

  #endGrpc(trailers: string): void {
    const fields = trailers === "" ? this.#fields : trailers;
    this.#end(grpcHealthResult(fields, Buffer.from(this.#body, "latin1")));
  }

  get #hasText(): boolean {
    const { body, kind } = this.#config;
    if (kind === "grpc") return false;
    const wanted = Buffer.from(body ?? "").toString("latin1");
    return this.#body.includes(wanted);
  }

  #take(text: string): void {
    this.#body = (this.#body + text).slice(0, BODY_BYTES_MAX);
    if (this.#hasText) this.#end(null);
    else if (this.#body.length >= BODY_BYTES_MAX) this.onEnd("");
  }

  #end(result: CheckResult, isOurs = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    this.#done(result, isOurs);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#lent?.destroy();
    // the check may end while it is being made
    setImmediate(() => this.#borrowing.cancel());
  }
}

export interface CheckParts {
  readonly config: HealthConfig;
  readonly peer: Peer;
  /** As the configuration names it. */
  readonly name: string;
  readonly transport: Transport;
}

function requestOf(config: HealthConfig, name: string): UpstreamRequest {
  const { kind, path, host, headers } = config;
  const isGrpc = kind === "grpc";
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const lines = [`Host: ${host ?? hostOf(name)}\r\n`, "User-Agent: sluice-health\r\n", ...own];
  return {
    method: isGrpc ? "POST" : "GET",
    target: isGrpc ? GRPC_HEALTH_PATH : path,
    headers: lines.join("") + (isGrpc ? GRPC_LINES : ""),
    contentLength: isGrpc ? -1 : 0,
    statedLength: -1,
    hasBody: isGrpc,
    acceptsTrailers: isGrpc,
    mayLogIn: false,
    clientHeaders: "",
    upgrade: "",
  };
}

const hostOf = (name: string): string => (name.startsWith("unix:") ? "localhost" : name);
