// The life of one request. Start reading here:
//
//  begin ─▶ request phases ─▶ attempt: connect ─▶ connected phases ─▶ send ─▶ response head
//    ▲                          ▲     │fail            │fail             │fail     │
//    │                          └─────┴─── another ◀───┴─────────────────┘         ▼
//  next request ◀─ logging ◀─ answerSent ◀─ body ◀─ head ◀─ response phases ◀─ answered
//
// A failure leaves by one door: `endWithError`. Callbacks, not promises: this is the hot path.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import { type Layer, OuterLayer } from "../phases/layer.ts";
import { NOTHING, type Outcome } from "../phases/outcome.ts";
import { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type { LoginKeeper, Transport, UpstreamResponse } from "../upstream/transport.ts";
import { SOURCE } from "../wire/response-sources.ts";
import { answerSource } from "./answer-source.ts";
import { Attempts, type AttemptsOwner } from "./attempts.ts";
import { makesDistrust } from "./blame.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { Delivery, type DeliveryOwner } from "./delivery.ts";
import { errorSource } from "./error-source.ts";
import type { Holders } from "./holders.ts";
import type { PeerChoice } from "./peer-choice.ts";
import type { Decision } from "./policy/policy.ts";
import type { Route } from "./policy/route.ts";
import { RequestBody } from "./request-body.ts";
import { Responder } from "./respond.ts";
import type { AnswerBegin, ResponseSource } from "./response-source.ts";
import type { ServeContext } from "./serve-context.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { switchOver } from "./switch-over.ts";
import { type Unread, unreadError } from "./unread.ts";
import { offeredUpgrade } from "./upgrades.ts";

export class Serving implements RequestHandler, AttemptsOwner, DeliveryOwner {
  readonly client: ClientStream;
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly choice: PeerChoice;
  readonly sequence: PhaseSequence;
  readonly responder: Responder;
  readonly body: RequestBody | null;
  readonly route: Route | null;
  readonly transport: Transport;
  readonly logins: LoginKeeper | null;
  readonly unread: Unread;
  readonly clientHeaders: string;
  readonly upgrade: string;
  readonly abortsOnHalfClose: boolean;
  isOver = false;
  readonly #context: ServeContext;
  readonly #holders: Holders;
  readonly #decision: Decision;
  readonly #attempts: Attempts;
  /** Of the response that answers; null: there is none yet. */
  #delivery: Delivery | null = null;

  constructor(begin: ServingBegin) {
    const { client, head, exchange, tenant } = begin;
    this.client = client;
    this.exchange = exchange;
    this.head = head;
    this.choice = begin.choice;
    this.route = begin.decision.route;
    this.transport = begin.context.transport;
    this.logins = begin.logins;
    this.unread = begin.holders.unread;
    this.clientHeaders = exchange.headers;
    this.upgrade = offeredUpgrade(head, tenant.upgrades);
    this.abortsOnHalfClose = tenant.abortsOnHalfClose;
    this.#context = begin.context;
    this.#holders = begin.holders;
    this.#decision = begin.decision;
    this.sequence = new PhaseSequence(exchange);
    this.responder = new Responder(client, exchange, this.route);
    this.body = head.contentLength === 0 ? null : new RequestBody(begin);
    this.#attempts = new Attempts(this);
  }

  start(): void {
    if (this.sequence.skips(CHAIN.request)) this.#afterRequest(NOTHING);
    else this.sequence.run(CHAIN.request, (outcome) => this.#afterRequest(outcome));
  }

  /** What the proxy has decided by itself stands behind the layers around the tenant's. */
  #afterRequest(outcome: Outcome): void {
    const { error, answer, kind } = this.#decision;
    if (outcome.error !== null) return this.endWithError(outcome.error);
    if (outcome.answer !== null) return this.answer(outcome.answer, outcome.by);
    if (error !== null) return this.endWithError(error);
    if (answer !== null) return this.#answer(answer, { kind, seenBy: this.exchange.outer });
    if (this.body?.isTooLarge) return this.endWithError(new SluiceError("body_too_large"));
    this.#attempts.choose(outcome);
  }

  answered(source: ResponseSource): void {
    this.#delivery = new Delivery(this, source);
    this.#delivery.start();
  }

  /** A script's own: the layers around its see it. */
  answer(answer: Answer, by: Layer | null): void {
    if (by instanceof OuterLayer) by.hasAnswered = true;
    this.#answer(answer, { kind: SOURCE.script, seenBy: by?.outer ?? null });
  }

  #answer(answer: Answer, of: AnswerBegin): void {
    this.#dropUpstream(true);
    const source = answerSource(answer, of, this);
    if (source !== null) this.answered(source);
    else this.#answerWithError(unreadError(), this.exchange.outer);
  }

  // What attempts and the delivery tell.

  /** The attempt, or a filter of a body, has failed. */
  attemptFailed(error: SluiceError): void {
    this.#attempts.attemptFailed(error);
  }

  dropAnswer(): void {
    this.#delivery?.cancel();
    this.#delivery = null;
  }

  switched(response: UpstreamResponse): void {
    const upstream = this.#attempts.takeStream();
    if (upstream instanceof SluiceError) return this.attemptFailed(upstream);
    this.responder.begin(response, null, null);
    this.isOver = true;
    this.#countBytes();
    const ends = { client: this.client.takeStream(), upstream };
    const of = { exchange: this.exchange, holders: this.#holders, attempt: this.#attempts.current };
    switchOver(ends, { ...of, upgrade: response.upgrade }, () => this.#log());
  }

  answerSent(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sequence.cancel();
    this.#attempts.end();
    this.body?.stop();
    this.#countBytes();
    this.client.finish();
    this.#log();
  }

  /** Ends it with an error: the answer that failToProxy gives, or the proxy's own. */
  endWithError(error: SluiceError): void {
    this.#dropUpstream();
    this.exchange.error = error;
    if (this.responder.hasBegun) return this.#breakOff();
    this.exchange.response = null;
    this.sequence.run(CHAIN.failToProxy, (outcome) => {
      if (outcome.answer !== null) this.answer(outcome.answer, outcome.by);
      else this.#answerWithError(outcome.error ?? error, this.exchange.outer);
    });
  }

  /** What was about to be told has met a hook that failed: of an error, it is told as it is. */
  answerFailed(error: SluiceError): void {
    if (this.exchange.error === null) return this.endWithError(error);
    this.#dropUpstream();
    this.#answerWithError(error, null);
  }

  /** The head is out already: the client must see that the message is broken. */
  #breakOff(): void {
    this.isOver = true;
    this.#countBytes();
    this.client.abort();
    this.#log();
  }

  /** The proxy's own answer to a failure, without its cause; nothing where the table says so. */
  #answerWithError(error: SluiceError, seenBy: Layer | null): void {
    this.exchange.error = error;
    if (error.kind.status === 0 || this.responder.hasBegun) return this.#breakOff();
    if (makesDistrust(error.kind)) this.client.distrust();
    this.answered(errorSource(error, this, seenBy));
  }

  #countBytes(): void {
    this.exchange.bytesReceived = this.body?.bytes ?? 0;
    this.exchange.bytesSent = this.client.bytesSent;
  }

  /** Always exactly once: whoever ends the exchange calls it, and isOver guards the ends. */
  #log(): void {
    this.exchange.end();
    if (this.sequence.skips(CHAIN.logging)) this.#over();
    else this.sequence.run(CHAIN.logging, () => this.#over());
  }

  #over(): void {
    this.#context.logged(this.exchange);
    if (!this.exchange.hasBackground) this.#leave();
    else this.exchange.background.requestOver(() => this.#leave());
  }

  #leave(): void {
    this.#holders.leave();
    this.exchange.leave();
  }

  #dropUpstream(scriptMayRead = false): void {
    this.#attempts.end();
    this.dropAnswer();
    this.body?.stop(scriptMayRead);
  }

  // What the client's connection tells.

  onBody(chunk: Buffer): void {
    this.body?.add(chunk);
  }

  onBodyEnd(trailers: string): void {
    this.body?.finish(trailers);
  }

  onBodyError(error: SluiceError): void {
    if (this.isOver) return;
    this.sequence.cancel();
    this.endWithError(error);
  }

  onClientGone(error: SluiceError): void {
    if (this.isOver) return;
    this.sequence.cancel();
    this.#dropUpstream();
    this.isOver = true;
    this.exchange.clientGone(error);
    // the head that hooks have seen is not one that the client got
    if (!this.responder.hasBegun) this.exchange.response = null;
    this.#countBytes();
    this.#log();
  }

  onWritable(): void {
    if (this.#delivery === null) this.#attempts.current?.resume();
    else this.#delivery.onWritable();
  }
}
