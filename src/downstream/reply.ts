// The response of an upstream, from its head to its end: held while the hooks look at the head,
// then on its way down, through the body hooks if there are any.

import { SluiceError } from "../base/errors.ts";
import { codingOf, isKnownCoding } from "../http1/coding.ts";
import { type Exchange, hasHooks } from "../phases/exchange.ts";
import { NOTHING, type Outcome } from "../phases/outcome.ts";
import { refuseResult } from "../phases/report.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { LentExchange, ResponseSink, UpstreamResponse } from "../upstream/transport.ts";
import { Download, type DownloadEvents } from "./download.ts";
import { responseFilter } from "./filters.ts";
import type { Route } from "./policy/route.ts";
import { repairResponse } from "./repair.ts";
import type { Responder } from "./respond.ts";
import type { Upload } from "./upload.ts";

/** The exchange that is being served. */
export interface ReplyOwner {
  readonly isOver: boolean;
  readonly connection: LentExchange | null;
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
  readonly responder: Responder;
  readonly upload: Upload | null;
  readonly route: Route | null;
  /** The response is complete: its connection is no longer the exchange's. */
  responded(): void;
  /** A 101. */
  switched(response: UpstreamResponse): void;
  /** The client has its answer. */
  finished(): void;
  failed(error: SluiceError): void;
}

const SWITCHING = 101;

export class Reply implements ResponseSink, DownloadEvents {
  readonly #owner: ReplyOwner;
  readonly #download: Download;
  #response: UpstreamResponse | null = null;

  constructor(owner: ReplyOwner) {
    this.#owner = owner;
    this.#download = new Download(owner.responder, this);
  }

  /** The client has the head of an answer, or is about to. */
  get isResponding(): boolean {
    return this.#download.isResponding;
  }

  set isResponding(isResponding: boolean) {
    this.#download.isResponding = isResponding;
  }

  /** The attempt is over: nothing more of it comes, and no hook sees more of it. */
  forget(): void {
    this.#response = null;
    this.#download.reset();
  }

  onWritable(): void {
    this.#download.onWritable();
  }

  // What the upstream's connection tells.

  onInformational(response: UpstreamResponse): void {
    if (this.#owner.isOver || this.#owner.responder.inform(response)) return;
    this.#owner.connection?.pause();
  }

  onHead(given: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    const exchange = this.#owner.exchange;
    const isFiltered = hasHooks(exchange, CHAIN.responseBody) && given.status !== SWITCHING;
    const response = isFiltered ? repairResponse(given) : given;
    this.#response = response;
    if (isComplete) this.#owner.responded();
    this.#download.hold(response, first, isComplete);
    const { status, headers } = response;
    const edited = this.#owner.route?.editOrigins(headers, exchange) ?? headers;
    const mayHaveId = response.hasRequestId || this.#owner.route !== null;
    exchange.response = { status, headers: edited, mayHaveId };
    exchange.upstreamStatus = status;
    if (hasHooks(exchange, CHAIN.response)) this.#owner.connection?.pause();
    if (this.#owner.sequence.skips(CHAIN.response)) this.#afterHooks(NOTHING);
    else this.#owner.sequence.run(CHAIN.response, (outcome) => this.#afterHooks(outcome));
  }

  onData(chunk: Buffer): boolean {
    return this.#download.data(chunk);
  }

  onEnd(trailers: string): void {
    this.#owner.responded();
    this.#download.ended(trailers);
  }

  onError(error: SluiceError): void {
    this.#owner.failed(error);
  }

  onDrain(): void {
    this.#owner.upload?.resume();
  }

  #afterHooks(outcome: Outcome): void {
    if (outcome.error !== null) return this.#owner.failed(outcome.error);
    const response = this.#response;
    if (response === null) return;
    if (response.upgrade !== "") return this.#switch(response);
    const isBodyless = response.contentLength === 0;
    if (isBodyless || !hasHooks(this.#owner.exchange, CHAIN.responseBody)) {
      return this.#download.start(null);
    }
    const coding = codingOf(response.headers);
    if (!isKnownCoding(coding)) {
      const message = `Cannot filter the response: expected a known coding, got ${coding}`;
      return this.#owner.failed(new SluiceError("upstream_protocol", message));
    }
    const { exchange, sequence, responder } = this.#owner;
    const filtered = { exchange, sequence, unread: responder.unread };
    this.#download.start(responseFilter(filtered, coding, this.#download));
  }

  /** The upstream has switched: under any other status its bytes would be taken for responses. */
  #switch(response: UpstreamResponse): void {
    const edited = this.#owner.exchange.response;
    if (edited !== null && edited.status !== SWITCHING) {
      const message = `expected a 101 to stay one, got the status ${edited.status}`;
      const refusal = new SluiceError("script_result", message);
      const error = refuseResult(this.#owner.exchange, "responseFilter", refusal);
      if (error !== null) return this.#owner.failed(error);
      edited.status = SWITCHING;
    }
    this.#owner.switched(response);
  }

  // What the download tells.

  pause(): void {
    this.#owner.connection?.pause();
  }

  resume(): void {
    this.#owner.connection?.resume();
  }

  finished(): void {
    this.#owner.finished();
  }

  failed(error: SluiceError): void {
    this.#owner.failed(error);
  }
}
