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
import { NOTHING, type Outcome } from "../phases/outcome.ts";
import { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type { LoginKeeper, Transport, UpstreamResponse } from "../upstream/transport.ts";
import { Attempts, type AttemptsOwner } from "./attempts.ts";
import type { ClientStream, RequestHandler } from "./client-stream.ts";
import { Delivery, type DeliveryOwner } from "./delivery.ts";
import { errorAnswer } from "./error-page.ts";
import type { Holders } from "./holders.ts";
import { passingSource } from "./passing.ts";
import type { PeerChoice } from "./peer-choice.ts";
import type { Route } from "./policy/route.ts";
import { RequestBody } from "./request-body.ts";
import { Responder } from "./respond.ts";
import { ResponseSource } from "./response-source.ts";
import type { ServeContext } from "./serve-context.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { tunnel } from "./tunnel.ts";
import { NOTHING as LEFT, type Unread, unreadError } from "./unread.ts";
import { offeredUpgrade, WEBSOCKET } from "./upgrades.ts";

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
  readonly #attempts: Attempts;
  /** Of the response that answers; null: there is none yet. */
  #delivery: Delivery | null = null;

  constructor(begin: ServingBegin) {
    const { client, head, exchange, tenant } = begin;
    this.client = client;
    this.exchange = exchange;
    this.head = head;
    this.choice = begin.choice;
    this.route = begin.route;
    this.transport = begin.context.transport;
    this.logins = begin.logins;
    this.unread = begin.holders.unread;
    this.clientHeaders = exchange.headers;
    this.upgrade = offeredUpgrade(head, tenant.upgrades);
    this.abortsOnHalfClose = tenant.abortsOnHalfClose;
    this.#context = begin.context;
    this.#holders = begin.holders;
    this.sequence = new PhaseSequence(exchange);
    this.responder = new Responder(client, exchange, begin.route);
    this.body = head.contentLength === 0 ? null : new RequestBody(begin);
    this.#attempts = new Attempts(this);
  }

  start(): void {
    if (this.sequence.skips(CHAIN.request)) this.#afterRequest(NOTHING);
    else this.sequence.run(CHAIN.request, (outcome) => this.#afterRequest(outcome));
  }

  /** Ends it with an answer that is the proxy's to give; no hook runs. */
  startWithAnswer(answer: Answer): void {
    this.#answer(answer);
  }

  #afterRequest(outcome: Outcome): void {
    if (outcome.error !== null) return this.endWithError(outcome.error);
    if (outcome.answer !== null) return this.#answer(outcome.answer);
    if (this.head.contentLength > (this.exchange.options.requestBodyBytesMax ?? Infinity)) {
      return this.endWithError(new SluiceError("body_too_large"));
    }
    this.#attempts.choose(outcome);
  }

  /** There is a response: of an attempt, or one that a script or the proxy gives. */
  answered(source: ResponseSource): void {
    this.#delivery = new Delivery(this, source);
    this.#delivery.start();
  }

  /** Of an answer that is here: an error, if its clients have yet to take too many others. */
  #answer(answer: Answer): void {
    this.#dropUpstream();
    if (answer.source !== undefined) {
      return this.answered(passingSource(answer, answer.source, this));
    }
    const left = this.unread.hold(answer.body.length);
    if (left === null) return this.#answerWithError(unreadError());
    this.answered(ResponseSource.of(answer, left));
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
    const { current } = this.#attempts;
    const isEarly = current?.isSent === false;
    const upstream = this.upgrade === "" || isEarly ? null : (current?.takeStream() ?? null);
    if (upstream === null) {
      const message = isEarly ? "a 101 before the whole request" : "a 101 that was not asked for";
      return this.attemptFailed(new SluiceError("upstream_protocol", message));
    }
    this.responder.begin(response, null, null);
    this.isOver = true;
    this.#countBytes();
    const done = (received: number, sent: number): void => {
      current?.leave();
      admitted[Symbol.dispose]();
      this.exchange.bytesReceived += received;
      this.exchange.bytesSent += sent;
      this.#log();
    };
    const ends = { client: this.client.takeStream(), upstream };
    const isWebSocket = response.upgrade === WEBSOCKET;
    const admitted = this.#holders.admit(tunnel(ends, done, { isWebSocket }));
  }

  /** The client has been given its answer. */
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

  // The ends.

  /** Ends it with an error: the answer that failToProxy gives, or the proxy's own. */
  endWithError(error: SluiceError): void {
    this.#dropUpstream();
    this.exchange.error = error;
    if (this.responder.hasBegun) return this.#breakOff();
    this.exchange.response = null;
    this.sequence.run(CHAIN.failToProxy, (outcome) => {
      if (outcome.answer !== null) this.#answer(outcome.answer);
      else this.#answerWithError(outcome.error ?? error);
    });
  }

  /** The head is out already: the client must see that the message is broken. */
  #breakOff(): void {
    this.isOver = true;
    this.#countBytes();
    this.client.abort();
    this.#log();
  }

  /** The proxy's own answer to a failure, without its cause; nothing where the table says so. */
  #answerWithError(error: SluiceError): void {
    const { code, kind } = error;
    const { id } = this.exchange;
    this.exchange.error = error;
    if (kind.status === 0) return this.#breakOff();
    if (kind.blame === "downstream") this.client.distrust();
    const answer = this.route?.errorAnswer(code, id) ?? errorAnswer(code, id);
    this.answered(ResponseSource.of(answer, LEFT));
  }

  #countBytes(): void {
    this.exchange.bytesReceived = this.body?.bytes ?? 0;
    this.exchange.bytesSent = this.client.bytesSent;
  }

  /** Always exactly once: whoever ends the exchange calls it, and isOver guards the ends. */
  #log(): void {
    this.exchange.fetches?.dropHanded();
    if (this.sequence.skips(CHAIN.logging)) this.#over();
    else this.sequence.run(CHAIN.logging, () => this.#over());
  }

  #over(): void {
    this.#context.logged(this.exchange);
    if (!this.exchange.hasBackground) this.#holders.leave();
    else this.exchange.background.requestOver(() => this.#holders.leave());
  }

  #dropUpstream(): void {
    this.#attempts.end();
    this.dropAnswer();
    this.body?.stop();
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
    this.exchange.error = error;
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
