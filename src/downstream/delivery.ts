// A response on its way to the client: through the hooks that look at its head, then its body
// after it, through the body hooks if there are any. A response that is whole when its hooks are
// done leaves in one write with its length. One delivery for each response; it is over once.

import { ByteQueue } from "../base/byte-queue.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { codingOf, isKnownCoding } from "../http1/coding.ts";
import { NOTHING_STATED } from "../http1/messages.ts";
import { responseBodyMode } from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import { NOTHING, type Outcome } from "../phases/outcome.ts";
import { refuseResult } from "../phases/report.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { PASSED_BODY } from "../wire/records.ts";
import type { BodyFilter, BodyFilterSink } from "./body-filter.ts";
import type { ClientStream } from "./client-stream.ts";
import { responseFilter } from "./filters.ts";
import type { Route } from "./policy/route.ts";
import { repairHead } from "./repair.ts";
import type { Responder } from "./respond.ts";
import { bytesOf, type ResponseReceiver, type ResponseSource } from "./response-source.ts";
import { NOTHING as LEFT, type Unread } from "./unread.ts";

/** The exchange that is being served. */
export interface DeliveryOwner {
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
  readonly responder: Responder;
  readonly client: ClientStream;
  readonly unread: Unread;
  readonly route: Route | null;
  /** A 101, through its hooks. */
  switched(response: UpstreamResponse): void;
  /** The client has been given all of it. */
  answerSent(): void;
  /** The response, or a hook that it went through, has failed. */
  attemptFailed(error: SluiceError): void;
}

const SWITCHING = 101;

export class Delivery implements ResponseReceiver, BodyFilterSink {
  readonly #owner: DeliveryOwner;
  readonly #source: ResponseSource;
  /** The source's head, once body hooks are to see the body without its length. */
  #head: UpstreamResponse;
  #filter: BodyFilter | null = null;
  /** Filtered chunks of a response that is whole: they wait for its length. */
  #collected: ByteQueue | null = null;
  #trailers = "";
  #isOver = false;

  constructor(owner: DeliveryOwner, source: ResponseSource) {
    this.#owner = owner;
    this.#source = source;
    this.#head = source.head;
    source.attach(this);
  }

  start(): void {
    const { exchange, sequence, route } = this.#owner;
    const { status, headers } = this.#source.head;
    if (!this.#source.isUpstreams) {
      exchange.response = { status, headers, mayHaveId: true };
      return this.#startPlain();
    }
    const edited = route?.editOrigins(headers, exchange) ?? headers;
    const mayHaveId = this.#head.hasRequestId || route !== null;
    exchange.response = { status, headers: edited, mayHaveId };
    exchange.upstreamStatus = status;
    if (sequence.skips(CHAIN.response)) return this.#afterHooks(NOTHING);
    this.#source.pause();
    sequence.run(CHAIN.response, (outcome) => this.#afterHooks(outcome));
  }

  /** Nothing more of it is wanted, and no hook sees more of it. Idempotent. */
  cancel(): void {
    this.#isOver = true;
    this.#filter?.destroy();
  }

  /** The client takes more. */
  onWritable(): void {
    if (this.#filter === null) this.#source.resume();
    else this.#filter.unblock();
  }

  #afterHooks(outcome: Outcome): void {
    if (this.#isOver) return;
    if (outcome.error !== null) return this.#owner.attemptFailed(outcome.error);
    if (this.#head.upgrade !== "") return this.#switch();
    const { exchange } = this.#owner;
    if (responseBodyMode(exchange) === PASSED_BODY) return this.#startPlain();
    if (exchange.response !== null) repairHead(exchange.response, this.#head.headers);
    const contentLength = this.#head.contentLength === 0 ? 0 : -1;
    this.#head = { ...this.#head, contentLength, statedLength: NOTHING_STATED };
    if (contentLength === 0) return this.#startPlain();
    const coding = codingOf(this.#head.headers);
    if (!isKnownCoding(coding)) {
      const message = `Cannot filter the response: expected a known coding, got ${coding}`;
      return this.#owner.attemptFailed(new SluiceError("upstream_protocol", message));
    }
    this.#startFiltered(coding);
  }

  /** The upstream has switched: under any other status its bytes would be taken for responses. */
  #switch(): void {
    const edited = this.#owner.exchange.response;
    if (edited !== null && edited.status !== SWITCHING) {
      const message = `expected a 101 to stay one, got the status ${edited.status}`;
      const refusal = new SluiceError("script_result", message);
      const error = refuseResult(this.#owner.exchange, "responseFilter", refusal);
      if (error !== null) return this.#owner.attemptFailed(error);
      edited.status = SWITCHING;
    }
    this.#owner.switched(this.#head);
  }

  #startPlain(): void {
    const body = this.#source.open();
    const { ended, left } = this.#source;
    const hasRoom = this.#owner.responder.begin(this.#head, body, ended);
    if (left !== LEFT) this.#owner.client.whenLeft(left);
    if (ended !== null) this.#sent(ended);
    else if (hasRoom) this.#source.resume();
    else this.#source.pause();
  }

  #startFiltered(coding: string): void {
    const { responder } = this.#owner;
    const filter = responseFilter(this.#owner, coding, this);
    this.#filter = filter;
    const waiting = this.#source.open();
    const { ended } = this.#source;
    if (ended === null) responder.begin(this.#head, null, null);
    else this.#collected = new ByteQueue();
    const hasRoom = waiting === null || filter.write(bytesOf(waiting));
    if (ended !== null) this.#endFilter(ended);
    else if (hasRoom) this.#source.resume();
  }

  // What the source tells.

  onData(chunk: Buffer): boolean {
    return this.#filter === null ? this.#owner.client.write(chunk) : this.#filter.write(chunk);
  }

  onEnd(trailers: string): void {
    if (this.#filter === null) this.#sent(trailers);
    else this.#endFilter(trailers);
  }

  onError(error: SluiceError): void {
    if (!this.#isOver) this.#owner.attemptFailed(error);
  }

  #endFilter(trailers: string): void {
    this.#trailers = trailers;
    this.#filter?.end();
  }

  #sent(trailers: string): void {
    this.#owner.responder.end(trailers);
    this.#owner.answerSent();
  }

  // What a filter tells.

  write(chunk: Buffer, left: () => void): boolean {
    if (this.#collected === null) return this.#owner.client.write(chunk, left);
    this.#collected.push(chunk);
    if (this.#collected.bytes <= LIMITS.writtenBytes) return true;
    return this.#sendCollected(this.#collected.pieces(), left);
  }

  /** It is too much to be kept for its length: from here on the client takes it as it comes. */
  #sendCollected(chunks: readonly Buffer[], left: () => void): boolean {
    this.#collected = null;
    const { responder, client } = this.#owner;
    let hasRoom = responder.begin(this.#head, null, null);
    for (const [i, chunk] of chunks.entries()) {
      hasRoom = client.write(chunk, i === chunks.length - 1 ? left : LEFT);
    }
    return hasRoom;
  }

  end(): void {
    if (this.#collected !== null) {
      const body = this.#collected.takeWhole();
      // trailers need chunks
      const contentLength = this.#trailers === "" ? (body?.length ?? 0) : -1;
      this.#owner.responder.begin({ ...this.#head, contentLength }, body, this.#trailers);
    }
    this.#sent(this.#trailers);
  }

  failed(error: SluiceError): void {
    this.#owner.attemptFailed(error);
  }

  onRoom(): void {
    this.#source.resume();
  }
}
