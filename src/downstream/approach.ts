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
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
} from "../upstream/transport.ts";
import { DECISION } from "../wire/records.ts";
import { type Attempts, choosePeer, mayResend } from "./attempts.ts";
import { repairedRequest } from "./filters.ts";
import type { Route } from "./policy/route.ts";
import type { Upload } from "./upload.ts";

/** The exchange that is being served, and what it has. */
export interface ApproachOwner {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly attempts: Attempts;
  readonly sequence: PhaseSequence;
  readonly upload: Upload | null;
  readonly transport: Transport;
  readonly route: Route | null;
  /** Protocols that the origin is asked to switch to; empty: none. */
  readonly upgrade: string;
  /** The exchange has ended: nothing may begin any more. */
  readonly isOver: boolean;
  /** The client has the head of an answer: too late for another attempt. */
  readonly isResponding: boolean;
  forget(): void;
  fail(error: SluiceError): void;
}

export class Approach {
  /** The connection that the exchange holds now. */
  connection: LentExchange | null = null;
  readonly #owner: ApproachOwner;
  readonly #sink: ResponseSink;
  /** As they came, before hooks and policy. */
  readonly #clientHeaders: string;
  #borrowing: Borrowing | null = null;
  /** Of the attempt under way. */
  #peer: Peer | null = null;

  /** @param sink  who gets the response of each attempt */
  constructor(owner: ApproachOwner, sink: ResponseSink) {
    this.#owner = owner;
    this.#sink = sink;
    this.#clientHeaders = owner.exchange.headers;
  }

  /** Takes upstreamPeer's choice and connects. */
  choose(outcome: Outcome): void {
    const { attempts, exchange } = this.#owner;
    exchange.upstreamStatus = 0;
    try {
      exchange.destination = attempts.choose(outcome.choice);
    } catch (thrown) {
      const error = refuseResult(exchange, "upstreamPeer", asError(thrown));
      if (error !== null) return this.#owner.fail(error);
      exchange.destination = attempts.choose(null);
    }
    this.#connect();
  }

  #connect(): void {
    const peer = choosePeer(this.#owner.attempts, this.#owner.exchange);
    if (peer === null) return this.#owner.fail(new SluiceError(this.#owner.attempts.whyNone));
    this.#owner.exchange.peer = peer.address;
    this.#peer = peer;
    this.#borrow(peer, false);
  }

  /** @param isNew  whatever is idle */
  #borrow(peer: Peer, isNew: boolean): void {
    const { transport, attempts } = this.#owner;
    const borrowing = isNew
      ? transport.open(peer, this.#borrowed, attempts.logins)
      : transport.borrow(peer, this.#borrowed, attempts.logins);
    if (this.connection === null && !this.#owner.isOver) this.#borrowing = borrowing;
  }

  /**
   * The connection had rested, and its peer has closed it: no fault of anybody's, so the same
   * attempt goes on, on a new one. From a new one this does not come back.
   */
  #resend(): void {
    this.#owner.exchange.error = null;
    if (this.#peer !== null) this.#borrow(this.#peer, true);
  }

  readonly #borrowed = (error: SluiceError | null, connection: LentExchange | null): void => {
    this.#borrowing = null;
    if (connection === null) {
      return this.#connectFailed(error ?? new SluiceError("connect_failed"));
    }
    this.connection = connection;
    this.#owner.attempts.connected();
    const exchange = this.#owner.exchange;
    exchange.upstream = connection.facts;
    exchange.isReused = connection.served > 0;
    const { method, target, headers } = exchange;
    const request = { method, target, headers };
    exchange.upstreamRequest =
      this.#owner.route?.editRequest(request, this.#owner.head.target) ?? request;
    if (this.#owner.sequence.skips(CHAIN.connected)) this.#send();
    else this.#owner.sequence.run(CHAIN.connected, (outcome) => this.#afterConnected(outcome));
  };

  /** Another peer of the group first; then the script; then the error. */
  #connectFailed(error: SluiceError): void {
    const isPeers = error.kind.blame === "upstream";
    if (isPeers && this.#owner.attempts.connectFailed()) return this.#connect();
    this.#owner.exchange.error = error;
    this.#owner.exchange.canRetry = this.#owner.attempts.hasRetries(this.#owner.exchange);
    this.#owner.sequence.run(CHAIN.failToConnect, (outcome) => {
      if (outcome.error !== null) this.#owner.fail(outcome.error);
      else if (outcome.decision === DECISION.retry && this.#owner.exchange.canRetry) this.#retry();
      else this.#owner.fail(error);
    });
  }

  #afterConnected(outcome: Outcome): void {
    if (outcome.error === null) return this.#send();
    // nothing was sent: the connection is as good as before (Pingora: back to the pool)
    this.connection?.release();
    this.connection = null;
    this.failed(outcome.error);
  }

  #send(): void {
    const upstream = this.connection;
    const request = this.#owner.exchange.upstreamRequest;
    if (upstream === null || request === null) return;
    const { contentLength, statedLength, acceptsTrailers, hasAuthorization } = this.#owner.head;
    const hasBody = this.#owner.upload !== null;
    const length =
      hasBody && hasHooks(this.#owner.exchange, CHAIN.requestBody) ? -1 : contentLength;
    const isSent = upstream.send(
      {
        method: request.method,
        target: request.target,
        headers: repairedRequest(this.#owner.exchange, request.headers, hasBody),
        contentLength: length,
        statedLength,
        hasBody,
        acceptsTrailers,
        // what nobody edited is as its parser saw it
        mayLogIn: hasAuthorization || request.headers !== this.#clientHeaders,
        clientHeaders: this.#clientHeaders,
        upgrade: this.#owner.upgrade,
      },
      this.#sink,
    );
    if (isSent) this.#owner.upload?.sendTo(upstream);
    else this.#endedUnused();
  }

  /** Nothing was sent, so that any request may go out again. */
  #endedUnused(): void {
    this.connection = null;
    if (this.#owner.exchange.isReused) return this.#resend();
    this.failed(
      new SluiceError("upstream_closed", "the connection ended before its first request"),
    );
  }

  #retry(): void {
    this.#owner.attempts.retry(this.#owner.exchange);
    this.#owner.exchange.error = null;
    this.#owner.sequence.run(CHAIN.peer, (outcome) => {
      if (outcome.error !== null) this.#owner.fail(outcome.error);
      else this.choose(outcome);
    });
  }

  /** An error after the connection was made: the script decides, else the rule does. */
  failed(error: SluiceError): void {
    this.drop();
    this.#owner.forget();
    this.#owner.upload?.detach();
    const exchange = this.#owner.exchange;
    exchange.error = error;
    const canReplay = this.#owner.upload === null || this.#owner.upload.canReplay;
    const canRepeat = canReplay && !this.#owner.isResponding;
    const canResend = canRepeat && mayResend(error, exchange);
    exchange.canRetry = canRepeat && this.#owner.attempts.hasRetries(exchange);
    this.#owner.sequence.run(CHAIN.errorWhileProxy, (outcome) => {
      if (outcome.error !== null) return this.#owner.fail(outcome.error);
      const { decision } = outcome;
      if (decision === DECISION.retry && exchange.canRetry) this.#retry();
      else if (decision !== DECISION.fail && canResend) this.#resend();
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
