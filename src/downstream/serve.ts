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
import { type Exchange, hasHooks } from "../phases/exchange.ts";
import type { Outcome } from "../phases/outcome.ts";
import { refuseResult } from "../phases/report.ts";
import { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type {
  Borrowing,
  ResponseSink,
  UpstreamConnection,
  UpstreamResponse,
} from "../upstream/transport.ts";
import { DECISION } from "../wire/records.ts";
import { type Attempts, choosePeer, isIdempotent, retryRule } from "./attempts.ts";
import { codingOf, isKnownCoding } from "./coding.ts";
import type { ClientConnection } from "./connection.ts";
import { Download, type DownloadEvents } from "./download.ts";
import { repairedRequest, requestFilter, responseFilter } from "./filters.ts";
import type { Holders } from "./holders.ts";
import type { Route } from "./policy/route.ts";
import { repairResponse } from "./repair.ts";
import type { RequestHandler } from "./request-handler.ts";
import { Responder } from "./respond.ts";
import type { ServeContext } from "./serve-context.ts";
import { tunnel } from "./tunnel.ts";
import { Upload } from "./upload.ts";

const SWITCHING = 101;

export class Serving implements RequestHandler, ResponseSink, DownloadEvents {
  readonly exchange: Exchange;
  readonly #context: ServeContext;
  readonly #client: ClientConnection;
  readonly #responder: Responder;
  readonly #upload: Upload | null;
  readonly #attempts: Attempts;
  readonly #head: RequestHead;
  readonly #holders: Holders;
  readonly #route: Route | null;
  readonly #sequence: PhaseSequence;
  readonly #download: Download;
  #borrowing: Borrowing | null = null;
  #upstream: UpstreamConnection | null = null;
  #response: UpstreamResponse | null = null;
  #isOver = false;
  #informational = 0;

  constructor(begin: ServingBegin) {
    const { context, client, head, exchange, attempts } = begin;
    this.exchange = exchange;
    this.#context = context;
    this.#client = client;
    this.#head = head;
    this.#attempts = attempts;
    this.#holders = begin.holders;
    this.#route = begin.route;
    this.#responder = new Responder(client, head, exchange);
    this.#sequence = new PhaseSequence(exchange);
    this.#upload = head.contentLength === 0 ? null : this.#makeUpload(context, head);
    this.#download = new Download(this.#responder, this);
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
    const upload = new Upload(this.#client, {
      get bytesMax() {
        return exchange.options.requestBodyBytesMax ?? context.bodyBytesMax;
      },
      get idleMs() {
        return exchange.options.bodyIdleMs ?? context.bodyIdleMs;
      },
      expectsContinue: head.expectContinue && head.minor === 1,
      makeFilter: (sink) => requestFilter(exchange, this.#sequence, sink),
      failed: (error) => this.onError(error),
    });
    exchange.readBody = (done) => upload.readWhole(this.#attempts.bufferedBodyBytes, done);
    return upload;
  }

  #run(chain: number, done: (outcome: Outcome) => void): void {
    this.#sequence.run(chain, done);
  }

  // Before the upstream.

  readonly #afterRequest = (outcome: Outcome): void => {
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
      const error = refuseResult(this.exchange, "upstreamPeer", asError(thrown));
      if (error !== null) return this.#fail(error);
      this.#attempts.choose(null);
    }
    this.#connect();
  }

  #connect(): void {
    const peer = choosePeer(this.#attempts, this.exchange);
    if (peer === null) return this.#fail(new SluiceError(this.#attempts.whyNone));
    this.exchange.peer = peer.address;
    const borrowing = this.#context.transport.borrow(peer, this.#borrowed);
    if (this.#upstream === null && !this.#isOver) this.#borrowing = borrowing;
  }

  readonly #borrowed = (error: SluiceError | null, connection: UpstreamConnection | null): void => {
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
    const request = { method, target, headers };
    exchange.upstreamRequest = this.#route?.editRequest(request, this.#head.target) ?? request;
    this.#run(CHAIN.connected, this.#afterConnected);
  };

  /** Another peer of the group first; then the script; then the error. */
  #connectFailed(error: SluiceError): void {
    if (this.#attempts.connectFailed()) return this.#connect();
    this.exchange.error = error;
    this.exchange.canRetry = this.#attempts.hasRetries(this.exchange);
    this.#run(CHAIN.failToConnect, (outcome) => {
      if (outcome.error !== null) this.#fail(outcome.error);
      else if (outcome.decision === DECISION.retry && this.exchange.canRetry) this.#retry();
      else this.#fail(error);
    });
  }

  readonly #afterConnected = (outcome: Outcome): void => {
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
    const length = hasBody && hasHooks(this.exchange, CHAIN.requestBody) ? -1 : contentLength;
    upstream.send(
      {
        method: request.method,
        target: request.target,
        headers: repairedRequest(this.exchange, request.headers, hasBody),
        contentLength: length,
        hasBody,
        upgrade: upgrade === "websocket" ? upgrade : "",
      },
      this,
    );
    this.#upload?.sendTo(upstream);
  };

  #retry(): void {
    this.#attempts.retry(this.exchange);
    this.exchange.error = null;
    this.#run(CHAIN.peer, (outcome) => {
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
    const canRetry =
      canReplay && !this.#download.isResponding && this.#attempts.hasRetries(exchange);
    exchange.canRetry = canRetry;
    const byRule = retryRule(error, exchange.isReused, isIdempotent(exchange.method));
    this.#run(CHAIN.errorWhileProxy, (outcome) => {
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

  onHead(given: UpstreamResponse, first: Buffer | null, isComplete: boolean): void {
    const { exchange } = this;
    const isFiltered = hasHooks(exchange, CHAIN.responseBody) && given.status !== SWITCHING;
    const response = isFiltered ? repairResponse(given) : given;
    this.#response = response;
    if (isComplete) this.#upstream = null;
    this.#download.hold(response, first, isComplete);
    const { status, headers } = response;
    exchange.response = { status, headers: this.#route?.editResponse(headers) ?? headers };
    if (hasHooks(exchange, CHAIN.response)) this.#upstream?.pause();
    this.#run(CHAIN.response, this.#afterResponse);
  }

  onData(chunk: Buffer): boolean {
    return this.#download.data(chunk);
  }

  onEnd(trailers: string): void {
    this.#upstream = null;
    this.#download.ended(trailers);
  }

  /** Of the upstream, or of a filter of the request's body. */
  onError(error: SluiceError): void {
    if (this.#isOver) return;
    this.#sequence.cancel();
    this.#proxyFailed(error);
  }

  onDrain(): void {
    this.#upload?.resume();
  }

  readonly #afterResponse = (outcome: Outcome): void => {
    if (outcome.error !== null) return this.#proxyFailed(outcome.error);
    const response = this.#response;
    if (response === null) return;
    if (response.upgrade !== "") return this.#switchProtocols(response);
    const isBodyless = response.contentLength === 0;
    if (isBodyless || !hasHooks(this.exchange, CHAIN.responseBody)) {
      return this.#download.start(null);
    }
    const coding = codingOf(response.headers);
    if (!isKnownCoding(coding)) {
      const message = `Cannot filter the response: expected a known coding, got ${coding}`;
      return this.#proxyFailed(new SluiceError("upstream_protocol", message));
    }
    this.#download.start(responseFilter(this.exchange, this.#sequence, coding, this.#download));
  };

  // What the download tells.

  pause(): void {
    this.#upstream?.pause();
  }

  resume(): void {
    this.#upstream?.resume();
  }

  finished(): void {
    this.#finish();
  }

  failed(error: SluiceError): void {
    this.onError(error);
  }

  #switchProtocols(response: UpstreamResponse): void {
    const upstream = this.#upstream;
    if (upstream === null || this.#head.upgrade !== "websocket") {
      return this.#proxyFailed(
        new SluiceError("upstream_protocol", "a 101 that was not asked for"),
      );
    }
    this.#download.isResponding = true;
    this.#responder.begin(response, null, true);
    this.#upstream = null;
    this.#isOver = true;
    const passing = tunnel(this.#client.detach(), upstream.detach(), (received, sent) => {
      admitted[Symbol.dispose]();
      this.exchange.bytesReceived += received;
      this.exchange.bytesSent += sent;
      this.#log();
    });
    const admitted = this.#holders.admit(passing);
  }

  // The ends.

  #fail(error: SluiceError): void {
    this.#dropUpstream();
    this.#upload?.stop();
    this.exchange.error = error;
    if (this.#download.isResponding) return this.#breakOff();
    this.exchange.response = null;
    this.#run(CHAIN.failToProxy, (outcome) => {
      if (outcome.answer !== null) return this.#answer(outcome.answer);
      this.exchange.error = outcome.error ?? error;
      this.#responder.fail(this.exchange.error, this.#route);
      this.#finish();
    });
  }

  /** The head is out already: the client must see that the message is broken. */
  #breakOff(): void {
    this.#isOver = true;
    this.#countBytes();
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
    this.#countBytes();
    this.#client.finish(this.#responder.keepsAlive);
    this.#log();
  }

  #countBytes(): void {
    this.exchange.bytesReceived = this.#upload?.bytes ?? 0;
    this.exchange.bytesSent = this.#responder.bytes;
  }

  /** Always exactly once: whoever ends the exchange calls it, and #isOver guards the ends. */
  #log(): void {
    this.#run(CHAIN.logging, () => {
      this.#context.logged(this.exchange);
      this.#holders.leave();
    });
  }

  #dropUpstream(): void {
    this.#borrowing?.cancel();
    this.#borrowing = null;
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#response = null;
    if (!this.#download.isResponding) this.#download.reset();
    upstream?.destroy();
  }

  // What the client's connection tells.

  onBody(chunk: Buffer): void {
    this.#upload?.add(chunk);
  }

  onBodyEnd(trailers: string): void {
    this.#upload?.finish(trailers);
  }

  onBodyError(error: SluiceError): void {
    if (this.#isOver) return;
    this.#sequence.cancel();
    this.#fail(error);
  }

  onClientGone(error: SluiceError): void {
    if (this.#isOver) return;
    this.#sequence.cancel();
    this.#dropUpstream();
    this.#upload?.stop();
    this.#isOver = true;
    this.exchange.error = error;
    // the head that hooks have seen is not one that the client got
    if (!this.#download.isResponding) this.exchange.response = null;
    this.#countBytes();
    this.#log();
  }

  onWritable(): void {
    this.#download.onWritable();
  }
}

export interface ServingBegin {
  readonly context: ServeContext;
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly attempts: Attempts;
  /** Of the tenant, entered by who begins this; left after logging. */
  readonly holders: Holders;
  /** Null: the tenant's configuration does nothing to its requests. */
  readonly route: Route | null;
}

function asError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError("internal", "an unexpected failure", { cause: thrown });
}
