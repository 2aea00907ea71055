// The life of one request. Start reading here:
//
//  begin ─▶ request phases ─▶ choose a peer ─▶ connect ─▶ connected phases ─▶ send ─▶ response head
//    ▲                            ▲   │fail        │fail          │fail        │fail       │
//    │                            └───┴── retry ◀──┴──────────────┴────────────┘           ▼
//  next request ◀─ logging ◀─ finish ◀─ body ◀─────────────────── respond ◀─ response phases
//
// A failure leaves by one door: `fail`. Callbacks rather than promises: this is the hot path.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Exchange } from "../phases/exchange.ts";
import { NOTHING, type Outcome } from "../phases/outcome.ts";
import { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { Answer } from "../sandbox/call.ts";
import type { LentExchange, Transport, UpstreamResponse } from "../upstream/transport.ts";
import { Approach, type ApproachOwner } from "./approach.ts";
import type { Attempts } from "./attempts.ts";
import type { ClientConnection } from "./connection.ts";
import type { Holders } from "./holders.ts";
import type { Route } from "./policy/route.ts";
import { Reply, type ReplyOwner } from "./reply.ts";
import type { RequestHandler } from "./request-handler.ts";
import { uploadOf } from "./request-upload.ts";
import { Responder } from "./respond.ts";
import type { ServeContext } from "./serve-context.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { tunnel } from "./tunnel.ts";
import { offeredUpgrade, WEBSOCKET } from "./upgrades.ts";
import type { Upload } from "./upload.ts";

export class Serving implements RequestHandler, ApproachOwner, ReplyOwner {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly attempts: Attempts;
  readonly sequence: PhaseSequence;
  readonly responder: Responder;
  readonly upload: Upload | null;
  readonly route: Route | null;
  readonly transport: Transport;
  readonly upgrade: string;
  readonly abortsOnHalfClose: boolean;
  readonly #context: ServeContext;
  readonly #client: ClientConnection;
  readonly #holders: Holders;
  readonly #reply: Reply;
  readonly #approach: Approach;
  #isOver = false;

  constructor(begin: ServingBegin) {
    const { client, head, exchange } = begin;
    this.exchange = exchange;
    this.head = head;
    this.attempts = begin.attempts;
    this.route = begin.route;
    this.transport = begin.context.transport;
    this.upgrade = offeredUpgrade(head, begin.tenant.upgrades);
    this.abortsOnHalfClose = begin.tenant.abortsOnHalfClose;
    this.#context = begin.context;
    this.#client = client;
    this.#holders = begin.holders;
    this.sequence = new PhaseSequence(exchange);
    this.responder = new Responder(begin);
    this.upload = uploadOf(this, begin);
    this.#reply = new Reply(this);
    this.#approach = new Approach(this, this.#reply);
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
    if (outcome.error !== null) return this.fail(outcome.error);
    if (outcome.answer !== null) return this.#answer(outcome.answer);
    if (this.head.contentLength > (this.exchange.options.requestBodyBytesMax ?? Infinity)) {
      return this.fail(new SluiceError("body_too_large"));
    }
    this.#approach.choose(outcome);
  }

  // What the approach to an upstream and the reply of one ask.

  get isOver(): boolean {
    return this.#isOver;
  }

  get isResponding(): boolean {
    return this.#reply.isResponding;
  }

  get connection(): LentExchange | null {
    return this.#approach.connection;
  }

  /** The response is complete: its connection is the pool's again. */
  responded(): void {
    this.#approach.over();
  }

  /** An attempt has failed: what came of its response is forgotten. */
  forget(): void {
    this.#reply.forget();
  }

  /** The attempt, or a filter of a body, has failed. */
  failed(error: SluiceError): void {
    if (this.#isOver) return;
    this.sequence.cancel();
    this.#approach.failed(error);
  }

  finished(): void {
    this.#finish();
  }

  switched(response: UpstreamResponse): void {
    const upstream = this.#approach.connection;
    const isEarly = this.upload !== null && !this.upload.isSent;
    if (upstream === null || this.upgrade === "" || isEarly) {
      const message = isEarly ? "a 101 before the whole request" : "a 101 that was not asked for";
      return this.#approach.failed(new SluiceError("upstream_protocol", message));
    }
    this.#reply.isResponding = true;
    this.responder.begin(response, null, "");
    this.#approach.over();
    this.#isOver = true;
    this.#countBytes();
    const isWebSocket = response.upgrade === WEBSOCKET;
    const done = (received: number, sent: number): void => {
      admitted[Symbol.dispose]();
      this.exchange.bytesReceived += received;
      this.exchange.bytesSent += sent;
      this.#log();
    };
    const ends = { client: this.#client.detach(), upstream: upstream.detach() };
    const passing = tunnel(ends, done, { isWebSocket });
    const admitted = this.#holders.admit(passing);
  }

  // The ends.

  /** Ends it with an error: the answer that failToProxy gives, or the proxy's own. */
  fail(error: SluiceError): void {
    this.#dropUpstream();
    this.upload?.stop();
    this.exchange.error = error;
    if (this.#reply.isResponding) return this.#breakOff();
    this.exchange.response = null;
    this.sequence.run(CHAIN.failToProxy, (outcome) => {
      if (outcome.answer !== null) return this.#answer(outcome.answer);
      this.exchange.error = outcome.error ?? error;
      this.responder.fail(this.exchange.error, this.route);
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
    this.upload?.stop();
    this.responder.answer(answer, this.route);
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.upload?.stop();
    this.sequence.cancel();
    this.#countBytes();
    this.#client.finish(this.responder.keepsAlive);
    this.#log();
  }

  #countBytes(): void {
    this.exchange.bytesReceived = this.upload?.bytes ?? 0;
    this.exchange.bytesSent = this.responder.bytes;
  }

  /** Always exactly once: whoever ends the exchange calls it, and #isOver guards the ends. */
  #log(): void {
    if (this.sequence.skips(CHAIN.logging)) this.#over();
    else this.sequence.run(CHAIN.logging, () => this.#over());
  }

  #over(): void {
    this.#context.logged(this.exchange);
    this.#holders.leave();
  }

  #dropUpstream(): void {
    this.#approach.drop();
    this.#reply.forget();
  }

  // What the client's connection tells.

  onBody(chunk: Buffer): void {
    this.upload?.add(chunk);
  }

  onBodyEnd(trailers: string): void {
    this.upload?.finish(trailers);
  }

  onBodyError(error: SluiceError): void {
    if (this.#isOver) return;
    this.sequence.cancel();
    this.fail(error);
  }

  onClientGone(error: SluiceError): void {
    if (this.#isOver) return;
    this.sequence.cancel();
    this.#dropUpstream();
    this.upload?.stop();
    this.#isOver = true;
    this.exchange.error = error;
    // the head that hooks have seen is not one that the client got
    if (!this.#reply.isResponding) this.exchange.response = null;
    this.#countBytes();
    this.#log();
  }

  onWritable(): void {
    this.#reply.onWritable();
  }
}
