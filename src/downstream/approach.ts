// From the choice of a peer to the request on its way, as often as it takes: connect, run the
// hooks of the connection, send; and when that fails, whether and where to try again. It owns the
// connection until the response is over.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import { type Exchange, hasHooks } from "../phases/exchange.ts";
import type { Outcome } from "../phases/outcome.ts";
import { refuseResult } from "../phases/report.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type {
  Borrowing,
  ResponseSink,
  Transport,
  UpstreamConnection,
} from "../upstream/transport.ts";
import { DECISION } from "../wire/records.ts";
import { type Attempts, choosePeer, isIdempotent, retryRule } from "./attempts.ts";
import { repairedRequest } from "./filters.ts";
import type { Route } from "./policy/route.ts";
import type { Upload } from "./upload.ts";

/** The exchange that is being served. */
export interface ApproachOwner {
  /** The exchange has ended: nothing may begin any more. */
  readonly isOver: boolean;
  /** The client has the head of an answer: too late for another attempt. */
  readonly isResponding: boolean;
  forget(): void;
  fail(error: SluiceError): void;
}

export interface ApproachParts {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly attempts: Attempts;
  readonly sequence: PhaseSequence;
  readonly upload: Upload | null;
  readonly transport: Transport;
  readonly route: Route | null;
}

export class Approach {
  /** The connection that the exchange holds now. */
  connection: UpstreamConnection | null = null;
  readonly #owner: ApproachOwner;
  readonly #sink: ResponseSink;
  readonly #exchange: Exchange;
  readonly #head: RequestHead;
  readonly #attempts: Attempts;
  readonly #sequence: PhaseSequence;
  readonly #upload: Upload | null;
  readonly #transport: Transport;
  readonly #route: Route | null;
  #borrowing: Borrowing | null = null;

  /** @param sink  who gets the response of each attempt */
  constructor(parts: ApproachParts, owner: ApproachOwner, sink: ResponseSink) {
    this.#owner = owner;
    this.#sink = sink;
    this.#exchange = parts.exchange;
    this.#head = parts.head;
    this.#attempts = parts.attempts;
    this.#sequence = parts.sequence;
    this.#upload = parts.upload;
    this.#transport = parts.transport;
    this.#route = parts.route;
  }

  /** Takes upstreamPeer's choice and connects. */
  choose(outcome: Outcome): void {
    try {
      this.#attempts.choose(outcome.choice);
    } catch (thrown) {
      const error = refuseResult(this.#exchange, "upstreamPeer", asError(thrown));
      if (error !== null) return this.#owner.fail(error);
      this.#attempts.choose(null);
    }
    this.#connect();
  }

  #connect(): void {
    const peer = choosePeer(this.#attempts, this.#exchange);
    if (peer === null) return this.#owner.fail(new SluiceError(this.#attempts.whyNone));
    this.#exchange.peer = peer.address;
    const borrowing = this.#transport.borrow(peer, this.#borrowed);
    if (this.connection === null && !this.#owner.isOver) this.#borrowing = borrowing;
  }

  readonly #borrowed = (error: SluiceError | null, connection: UpstreamConnection | null): void => {
    this.#borrowing = null;
    if (connection === null) {
      return this.#connectFailed(error ?? new SluiceError("connect_failed"));
    }
    this.connection = connection;
    this.#attempts.connected();
    const exchange = this.#exchange;
    exchange.upstream = connection.facts;
    exchange.isReused = connection.served > 0;
    const { method, target, headers } = exchange;
    const request = { method, target, headers };
    exchange.upstreamRequest = this.#route?.editRequest(request, this.#head.target) ?? request;
    this.#sequence.run(CHAIN.connected, this.#afterConnected);
  };

  /** Another peer of the group first; then the script; then the error. */
  #connectFailed(error: SluiceError): void {
    if (this.#attempts.connectFailed()) return this.#connect();
    this.#exchange.error = error;
    this.#exchange.canRetry = this.#attempts.hasRetries(this.#exchange);
    this.#sequence.run(CHAIN.failToConnect, (outcome) => {
      if (outcome.error !== null) this.#owner.fail(outcome.error);
      else if (outcome.decision === DECISION.retry && this.#exchange.canRetry) this.#retry();
      else this.#owner.fail(error);
    });
  }

  readonly #afterConnected = (outcome: Outcome): void => {
    if (outcome.error !== null) {
      // nothing was sent: the connection is as good as before (Pingora: back to the pool)
      this.connection?.release();
      this.connection = null;
      return this.failed(outcome.error);
    }
    const upstream = this.connection;
    const request = this.#exchange.upstreamRequest;
    if (upstream === null || request === null) return;
    const { contentLength, statedLength, upgrade } = this.#head;
    const hasBody = this.#upload !== null;
    const length = hasBody && hasHooks(this.#exchange, CHAIN.requestBody) ? -1 : contentLength;
    upstream.send(
      {
        method: request.method,
        target: request.target,
        headers: repairedRequest(this.#exchange, request.headers, hasBody),
        contentLength: length,
        statedLength,
        hasBody,
        upgrade: upgrade === "websocket" ? upgrade : "",
      },
      this.#sink,
    );
    this.#upload?.sendTo(upstream);
  };

  #retry(): void {
    this.#attempts.retry(this.#exchange);
    this.#exchange.error = null;
    this.#sequence.run(CHAIN.peer, (outcome) => {
      if (outcome.error !== null) this.#owner.fail(outcome.error);
      else this.choose(outcome);
    });
  }

  /** An error after the connection was made: the script decides, else the rule does. */
  failed(error: SluiceError): void {
    this.drop();
    this.#owner.forget();
    this.#upload?.detach();
    const exchange = this.#exchange;
    exchange.error = error;
    const canReplay = this.#upload === null || this.#upload.canReplay;
    const canRetry = canReplay && !this.#owner.isResponding && this.#attempts.hasRetries(exchange);
    exchange.canRetry = canRetry;
    const byRule = retryRule(error, exchange.isReused, isIdempotent(exchange.method));
    this.#sequence.run(CHAIN.errorWhileProxy, (outcome) => {
      if (outcome.error !== null) return this.#owner.fail(outcome.error);
      const { decision } = outcome;
      const wants = decision === DECISION.retry || (decision === 0 && byRule);
      if (wants && canRetry) this.#retry();
      else this.#owner.fail(error);
    });
  }

  /** The response is complete: the connection is the pool's again. */
  over(): void {
    this.connection = null;
  }

  /** Ends what is under way, mid-message or not. */
  drop(): void {
    this.#borrowing?.cancel();
    this.#borrowing = null;
    const connection = this.connection;
    this.connection = null;
    connection?.destroy();
  }
}

function asError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError("internal", "an unexpected failure", { cause: thrown });
}
