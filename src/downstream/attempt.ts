// One try at a peer: its connection, its copy of the request, the upload, and the response to
// it. It begins once and is over once: what comes after it is another attempt.

import type { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import { filtersRequest, filtersResponse } from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { Outcome } from "../phases/outcome.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import { type Member, resultOf } from "../upstream/group/member.ts";
import type {
  Borrower,
  Borrowing,
  LentExchange,
  LoginKeeper,
  Peer,
  ResponseSink,
  Transport,
  UpstreamResponse,
} from "../upstream/transport.ts";
import { SOURCE } from "../wire/response-sources.ts";
import { isPeersFault } from "./blame.ts";
import { repairedRequest } from "./filters.ts";
import type { PeerChoice } from "./peer-choice.ts";
import type { Route } from "./policy/route.ts";
import type { RequestBody } from "./request-body.ts";
import { type ResponseFlow, ResponseSource } from "./response-source.ts";
import type { Unread } from "./unread.ts";
import { Upload } from "./upload.ts";

/** The exchange that is being served. */
export interface AttemptExchange {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly sequence: PhaseSequence;
  /** Null: the request has none. */
  readonly body: RequestBody | null;
  readonly choice: PeerChoice;
  readonly transport: Transport;
  readonly route: Route | null;
  /** Of the client; null: nobody knows whose a login would be. */
  readonly logins: LoginKeeper | null;
  readonly unread: Unread;
  /** As they came, before hooks and policy. */
  readonly clientHeaders: string;
  /** Protocols that the origin is asked to switch to; empty: none. */
  readonly upgrade: string;
}

/** Who is told of it. With an error the attempt is over. */
export interface AttemptOwner {
  connected(): void;
  /** There is no connection. */
  connectFailed(error: SluiceError): void;
  /** The connection ended before anything was sent on it. */
  endedUnused(): void;
  /** The connection, the upload or a hook has failed, before there was a response. */
  attemptFailed(error: SluiceError): void;
  /** An interim response. False: the client takes no more now. */
  informed(response: UpstreamResponse): boolean;
  answered(source: ResponseSource): void;
}

export class Attempt implements Borrower, ResponseSink, ResponseFlow {
  readonly peer: Peer;
  readonly #of: AttemptExchange;
  readonly #owner: AttemptOwner;
  #borrowing: Borrowing | null = null;
  #lent: LentExchange | null = null;
  #upload: Upload | null = null;
  #source: ResponseSource | null = null;
  #isOver = false;
  /** What is to be left; null: it was, or the peer is of no group. */
  member: Member | null;
  readonly #startMs: number;

  /** @param peer  that the exchange's choice gave, at which an attempt has begun with that */
  constructor(of: AttemptExchange, owner: AttemptOwner, peer: Peer) {
    this.member = of.choice.member;
    this.#startMs = this.member?.startMs() ?? 0;
    this.#of = of;
    this.#owner = owner;
    this.peer = peer;
  }

  /** @param isNew  on a new connection, whatever is idle */
  start(isNew: boolean): void {
    this.#of.exchange.timings?.began(this.peer.address);
    const { transport, logins } = this.#of;
    const borrowing = isNew
      ? transport.open(this.peer, this, logins)
      : transport.borrow(this.peer, this, logins);
    if (this.#lent === null && !this.#isOver) this.#borrowing = borrowing;
  }

  /** The request has gone as a whole. */
  get isSent(): boolean {
    return this.#of.body === null || this.#upload?.isSent === true;
  }

  /** The raw stream behind a 101. */
  takeStream(): ReturnType<LentExchange["detach"]> | null {
    return this.#lent?.detach() ?? null;
  }

  /** Whatever is under way ends, mid-message or not. Nobody is told. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#borrowing?.cancel();
    this.#lent?.destroy();
    this.leave();
    if (this.#upload === null) return;
    this.#upload.cancel();
    this.#of.body?.hold();
  }

  /** The peer has nothing of it under way any more. Idempotent. */
  leave(): void {
    this.#of.exchange.timings?.left();
    this.member?.leave();
    this.member = null;
  }

  // What the transport tells, and the peer.

  onConnectFailed(error: SluiceError): void {
    this.#isOver = true;
    this.#blame(error);
    this.leave();
    this.#owner.connectFailed(error);
  }

  onLent(lent: LentExchange): void {
    const isAtOnce = this.#borrowing === null;
    this.#borrowing = null;
    this.#lent = lent;
    this.#owner.connected();
    const { exchange, route, head, sequence } = this.#of;
    exchange.upstream = lent.facts;
    exchange.isReused = lent.served > 0;
    exchange.timings?.lent(exchange.isReused, lent.facts.steps ?? null, isAtOnce);
    const { method, target, headers } = exchange;
    const request = { method, target, headers };
    exchange.upstreamRequest = route?.editRequest(request, head.target) ?? request;
    if (sequence.skips(CHAIN.connected)) this.#send(lent);
    else sequence.run(CHAIN.connected, (outcome) => this.#afterConnected(lent, outcome));
  }

  #afterConnected(lent: LentExchange, { error }: Outcome): void {
    if (error === null) return this.#send(lent);
    // nothing was sent: the connection is as good as before (Pingora: back to the pool)
    lent.release();
    this.#owner.attemptFailed(error);
  }

  #send(lent: LentExchange): void {
    const { exchange, body, clientHeaders, upgrade } = this.#of;
    const request = exchange.upstreamRequest;
    if (request === null) return;
    const { contentLength, statedLength, acceptsTrailers, hasAuthorization } = this.#of.head;
    const hasBody = body !== null;
    exchange.askedAsIs = !filtersResponse(exchange);
    const isFiltered = hasBody && filtersRequest(exchange);
    const isSent = lent.send(
      {
        method: request.method,
        target: request.target,
        headers: repairedRequest(exchange, request.headers, hasBody),
        contentLength: isFiltered ? -1 : contentLength,
        statedLength,
        hasBody,
        acceptsTrailers,
        // what nobody edited is as its parser saw it
        mayLogIn: hasAuthorization || request.headers !== clientHeaders,
        clientHeaders,
        upgrade,
      },
      this,
    );
    if (!isSent) {
      this.#isOver = true;
      this.leave();
      this.#owner.endedUnused();
    } else if (body !== null) this.#sendBody(body, lent);
  }

  #sendBody(body: RequestBody, lent: LentExchange): void {
    const failed = (error: SluiceError): void => this.onError(error);
    this.#upload = new Upload({ body, lent, filtered: this.#of, failed });
    body.sendTo(this.#upload);
  }

  onInformational(response: UpstreamResponse): void {
    if (!this.#owner.informed(response)) this.pause();
  }

  onHead(came: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    this.#of.exchange.timings?.answered(came.status, isComplete);
    this.member?.tell(resultOf(came.status), this.#startMs);
    if (isComplete) this.leave();
    const head = this.#withCookie(came);
    const begin = { head, first, isComplete, kind: SOURCE.upstream, seenBy: this.#of.exchange };
    this.#source = new ResponseSource(begin, this);
    this.#owner.answered(this.#source);
  }

  onData(chunk: Buffer): boolean {
    return this.#source?.add(chunk) ?? true;
  }

  /** A client that is to come back to this peer is told how. */
  #withCookie(head: UpstreamResponse): UpstreamResponse {
    const line = this.#of.choice.stickyLine(this.#of.exchange);
    return line === "" ? head : { ...head, headers: head.headers + line };
  }

  onEnd(trailers: string): void {
    this.leave();
    this.#source?.end(trailers);
  }

  /** Whoever has the response is told, and with it the owner; else the owner. */
  onError(error: SluiceError): void {
    if (this.#isOver) return;
    this.#blame(error);
    this.leave();
    if (this.#source === null) this.#owner.attemptFailed(error);
    else this.#source.fail(error);
  }

  onDrain(): void {
    this.#upload?.onDrain();
  }

  #blame(error: SluiceError): void {
    if (isPeersFault(error, this.#of.exchange)) this.member?.tell("failed", this.#startMs);
  }

  // What whoever has the response asks.

  pause(): void {
    this.#lent?.pause();
  }

  resume(): void {
    this.#lent?.resume();
  }
}
