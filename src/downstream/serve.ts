// The life of one request. Start reading here:
//
//   begin ─▶ request phases ─▶ choose a peer ─▶ connect ─▶ connected phases ─▶ send ─▶ response head
//     ▲                            ▲   │fail        │fail          │fail        │fail       │
//     │                            └───┴── retry ◀──┴──────────────┴────────────┘           ▼
//   next request ◀─ logging ◀─ finish ◀─ body ◀─────────────────── respond ◀─ response phases
//
// A failure leaves by one door: `#fail`. Callbacks rather than promises: this is the hot path.

import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { Outcome } from "../phases/outcome.ts";
import { type Running, runPhases } from "../phases/run.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type {
  Borrowing,
  Peer,
  ResponseSink,
  UpstreamConnection,
  UpstreamResponse,
} from "../upstream/transport.ts";
import { DECISION } from "../wire/records.ts";
import { type Attempts, choosePeer, isIdempotent, retryRule } from "./attempts.ts";
import type { ClientConnection, RequestHandler } from "./connection.ts";
import { Responder } from "./respond.ts";
import type { ServeContext } from "./serve-context.ts";
import { tunnel } from "./tunnel.ts";
import { Upload } from "./upload.ts";

export class Serving implements RequestHandler, ResponseSink {
  readonly exchange: Exchange;
  readonly #context: ServeContext;
  readonly #client: ClientConnection;
  readonly #responder: Responder;
  readonly #upload: Upload | null;
  readonly #attempts: Attempts;
  readonly #head: RequestHead;
  #running: Running | null = null;
  #borrowing: Borrowing | null = null;
  #upstream: UpstreamConnection | null = null;
  #peer: Peer | null = null;
  /** The response whose head the hooks look at, and what came of its body meanwhile. */
  #response: UpstreamResponse | null = null;
  #held: Buffer[] = [];
  #heldEnd: string | null = null;
  #isResponding = false;
  #isOver = false;
  #informational = 0;

  constructor(begin: ServingBegin) {
    const { context, client, head, exchange, attempts } = begin;
    this.exchange = exchange;
    this.#context = context;
    this.#client = client;
    this.#head = head;
    this.#attempts = attempts;
    this.#responder = new Responder(client, head, exchange);
    this.#upload = head.contentLength === 0 ? null : this.#makeUpload(context, head);
  }

  start(): void {
    this.#run(CHAIN.request, this.#afterRequest);
  }

  /** Ends it with an answer of the proxy's own, before any hook ran. */
  startWithError(error: SluiceError): void {
    this.#fail(error);
  }

  /** Ends it with an answer that is the proxy's to give; no hook runs. */
  startWithAnswer(answer: Answer): void {
    this.#answer(answer);
  }

  #makeUpload(context: ServeContext, head: RequestHead): Upload {
    const { exchange } = this;
    return new Upload(this.#client, {
      get bytesMax() {
        return exchange.options.requestBodyBytesMax ?? context.bodyBytesMax;
      },
      get idleMs() {
        return exchange.options.bodyIdleMs ?? context.bodyIdleMs;
      },
      expectsContinue: head.expectContinue && head.minor === 1,
    });
  }

  #run(chain: number, done: (outcome: Outcome) => void): void {
    this.#running = null;
    const running = runPhases(this.exchange, chain, done);
    if (running !== null && !this.#isOver) this.#running = running;
  }

  // Before the upstream.

  readonly #afterRequest = (outcome: Outcome): void => {
    this.#running = null;
    if (outcome.error !== null) return this.#fail(outcome.error);
    if (outcome.answer !== null) return this.#answer(outcome.answer);
    if (this.#head.contentLength > (this.exchange.options.requestBodyBytesMax ?? Infinity)) {
      return this.#fail(new SluiceError("body_too_large"));
    }
    this.#choose(outcome);
  };

  #choose(outcome: Outcome): void {
    try {
      this.#attempts.choose(outcome.choice);
    } catch (thrown) {
      return this.#fail(asError(thrown));
    }
    this.#connect();
  }

  #connect(): void {
    const peer = choosePeer(this.#attempts, this.exchange);
    if (peer === null) return this.#fail(new SluiceError("no_peer"));
    this.#peer = peer;
    this.exchange.peer = peer.address;
    const borrowing = this.#context.transport.borrow(peer, this.#borrowed);
    if (this.#upstream === null && !this.#isOver) this.#borrowing = borrowing;
  }

  readonly #borrowed = (
    error: SluiceError | null,
    connection: UpstreamConnection | null,
  ): void => {
    this.#borrowing = null;
    if (connection === null) {
      return this.#connectFailed(error ?? new SluiceError("connect_failed"));
    }
    this.#upstream = connection;
    this.#attempts.connected();
    const { exchange } = this;
    exchange.upstream = connection.facts;
    exchange.isReused = connection.served > 0;
    const { method, target, headers } = exchange;
    exchange.upstreamRequest = { method, target, headers };
    this.#run(CHAIN.connected, this.#afterConnected);
  };

  /** Another peer of the group first; then the script; then the error. */
  #connectFailed(error: SluiceError): void {
    if (this.#attempts.connectFailed()) return this.#connect();
    this.exchange.error = error;
    this.exchange.canRetry = this.#attempts.hasRetries(this.exchange);
    this.#run(CHAIN.failToConnect, (outcome) => {
      this.#running = null;
      if (outcome.error !== null) this.#fail(outcome.error);
      else if (outcome.decision === DECISION.retry && this.exchange.canRetry) this.#retry();
      else this.#fail(error);
    });
  }

  readonly #afterConnected = (outcome: Outcome): void => {
    this.#running = null;
    if (outcome.error !== null) {
      // nothing was sent: the connection is as good as before (Pingora: back to the pool)
      this.#upstream?.release();
      this.#upstream = null;
      return this.#proxyFailed(outcome.error);
    }
    const upstream = this.#upstream;
    const request = this.exchange.upstreamRequest;
    if (upstream === null || request === null) return;
    const { contentLength, upgrade } = this.#head;
    const hasBody = this.#upload !== null;
    const passedUpgrade = upgrade === "websocket" ? upgrade : "";
    upstream.send(
      {
        method: request.method,
        target: request.target,
        headers: request.headers,
        contentLength,
        hasBody,
        upgrade: passedUpgrade,
      },
      this,
    );
    this.#upload?.sendTo(upstream);
  };

  #retry(): void {
    this.#attempts.retry(this.exchange);
    this.exchange.error = null;
    this.#run(CHAIN.peer, (outcome) => {
      this.#running = null;
      if (outcome.error !== null) this.#fail(outcome.error);
      else this.#choose(outcome);
    });
  }

  /** An error after the connection was made: the script decides, else the rule does. */
  #proxyFailed(error: SluiceError): void {
    this.#dropUpstream();
    this.#upload?.detach();
    const { exchange } = this;
    exchange.error = error;
    const canReplay = this.#upload === null || this.#upload.canReplay;
    const canRetry = canReplay && !this.#isResponding && this.#attempts.hasRetries(exchange);
    exchange.canRetry = canRetry;
    const byRule = retryRule(error, exchange.isReused, isIdempotent(exchange.method));
    this.#run(CHAIN.errorWhileProxy, (outcome) => {
      this.#running = null;
      if (outcome.error !== null) return this.#fail(outcome.error);
      const { decision } = outcome;
      const wants = decision === DECISION.retry || (decision === 0 && byRule);
      if (wants && canRetry) this.#retry();
      else this.#fail(error);
    });
  }

  // The response.

  onInformational(response: UpstreamResponse): void {
    if (this.#isOver || ++this.#informational > LIMITS.informationalResponses) return;
    this.#responder.inform(response);
  }

  onHead(response: UpstreamResponse, first: Buffer | null, isComplete: boolean): void {
    this.#response = response;
    if (first !== null) this.#held.push(first);
    if (isComplete) {
      this.#heldEnd = "";
      this.#upstream = null;
    }
    this.exchange.response = { status: response.status, headers: response.headers };
    const { deployment } = this.exchange;
    if (deployment !== null && (deployment.hooks & CHAIN.response) !== 0) this.#upstream?.pause();
    this.#run(CHAIN.response, this.#afterResponse);
  }

  onData(chunk: Buffer): boolean {
    if (this.#isResponding) return this.#responder.write(chunk);
    this.#held.push(chunk);
    return false;
  }

  onEnd(trailers: string): void {
    this.#upstream = null;
    if (!this.#isResponding) {
      this.#heldEnd = trailers;
      return;
    }
    this.#responder.end(trailers);
    this.#finish();
  }

  onError(error: SluiceError): void {
    this.#upstream = null;
    this.#cancelRunning();
    this.#proxyFailed(error);
  }

  onDrain(): void {
    this.#upload?.resume();
  }

  readonly #afterResponse = (outcome: Outcome): void => {
    this.#running = null;
    if (outcome.error !== null) return this.#proxyFailed(outcome.error);
    const response = this.#response;
    if (response === null) return;
    if (response.upgrade !== "") return this.#switchProtocols(response);
    this.#isResponding = true;
    const first = takeAll(this.#held);
    const isWhole = this.#heldEnd !== null;
    const hasRoom = this.#responder.begin(response, first, isWhole);
    if (isWhole) {
      if (!this.#responder.isEnded) this.#responder.end(this.#heldEnd ?? "");
      return this.#finish();
    }
    if (hasRoom) this.#upstream?.resume();
    else this.#upstream?.pause();
  };

  #switchProtocols(response: UpstreamResponse): void {
    const upstream = this.#upstream;
    if (upstream === null || this.#head.upgrade !== "websocket") {
      return this.#proxyFailed(new SluiceError("upstream_protocol", "a 101 that was not asked for"));
    }
    this.#isResponding = true;
    this.#responder.begin(response, null, true);
    this.#upstream = null;
    this.#isOver = true;
    tunnel(this.#client.detach(), upstream.detach(), (received, sent) => {
      this.exchange.bytesReceived += received;
      this.exchange.bytesSent += sent;
      this.#log();
    });
  }

  // The ends.

  #fail(error: SluiceError): void {
    this.#dropUpstream();
    this.#upload?.stop();
    this.exchange.error = error;
    if (this.#isResponding) return this.#breakOff();
    this.exchange.response = null;
    this.#run(CHAIN.failToProxy, (outcome) => {
      this.#running = null;
      if (outcome.answer !== null) return this.#answer(outcome.answer);
      this.exchange.error = outcome.error ?? error;
      this.#responder.fail(this.exchange.error);
      this.#finish();
    });
  }

  /** The head is out already: the client must see that the message is broken. */
  #breakOff(): void {
    this.#isOver = true;
    this.#client.abort();
    this.#log();
  }

  #answer(answer: Answer): void {
    this.#upload?.stop();
    this.#responder.answer(answer);
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.exchange.bytesReceived = this.#upload?.bytes ?? 0;
    this.exchange.bytesSent = this.#responder.bytes;
    this.#client.finish(this.#responder.keepsAlive);
    this.#log();
  }

  /** Always exactly once: whoever ends the exchange calls it, and #isOver guards the ends. */
  #log(): void {
    this.#run(CHAIN.logging, () => this.#context.logged(this.exchange));
  }

  #dropUpstream(): void {
    this.#borrowing?.cancel();
    this.#borrowing = null;
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#response = null;
    this.#held = [];
    this.#heldEnd = null;
    upstream?.destroy();
  }

  #cancelRunning(): void {
    this.#running?.cancel();
    this.#running = null;
  }

  // What the client's connection tells.

  onBody(chunk: Buffer): void {
    this.#upload?.add(chunk);
  }

  onBodyEnd(trailers: string): void {
    this.#upload?.end(trailers);
  }

  onBodyError(error: SluiceError): void {
    if (this.#isOver) return;
    this.#cancelRunning();
    this.#fail(error);
  }

  onClientGone(error: SluiceError): void {
    if (this.#isOver) return;
    this.#cancelRunning();
    this.#dropUpstream();
    this.#upload?.stop();
    this.#isOver = true;
    this.exchange.error = error;
    this.exchange.bytesReceived = this.#upload?.bytes ?? 0;
    this.exchange.bytesSent = this.#responder.bytes;
    this.#log();
  }

  onWritable(): void {
    this.#upstream?.resume();
  }
}

export interface ServingBegin {
  readonly context: ServeContext;
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly attempts: Attempts;
}

function takeAll(held: Buffer[]): Buffer | null {
  if (held.length === 0) return null;
  const all = held.length === 1 ? (held[0] ?? null) : Buffer.concat(held);
  held.length = 0;
  return all;
}

function asError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError("internal", "an unexpected failure", { cause: thrown });
}
