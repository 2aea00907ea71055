// A response on its way to the client: through the hooks that look at its head, then its body
// after it, through the body hooks if there are any. A response that is whole when its hooks are
// done leaves in one write with its length. One delivery for each response; it is over once.

import { ByteQueue } from "../base/byte-queue.ts";
import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { codingOf, isKnownCoding } from "../http1/coding.ts";
import { isBodyless } from "../http1/framing.ts";
import { NOTHING_STATED } from "../http1/messages.ts";
import { filtersResponse } from "../phases/body-modes.ts";
import type { Exchange } from "../phases/exchange.ts";
import { hasHooks, type Layer } from "../phases/layer.ts";
import { refuseResult } from "../phases/report.ts";
import type { PhaseSequence } from "../phases/sequence.ts";
import { CHAIN } from "../phases/table.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { SOURCE } from "../wire/response-sources.ts";
import type { BodyFilterSink } from "./body-filter.ts";
import type { ClientStream } from "./client-stream.ts";
import type { FilterChain } from "./filter-chain.ts";
import { responseFilter } from "./filters.ts";
import type { Route } from "./policy/route.ts";
import { repairHead } from "./repair.ts";
import type { Responder } from "./respond.ts";
import { bytesOf, type ResponseReceiver, type ResponseSource } from "./response-source.ts";
import { filterTrailers } from "./trailer-filter.ts";
import { NOTHING as LEFT, type Unread } from "./unread.ts";

/** The exchange that is being served. */
export interface DeliveryOwner {
  readonly exchange: Exchange;
  readonly sequence: PhaseSequence;
  readonly responder: Responder;
  readonly client: ClientStream;
  readonly head: { readonly method: string };
  readonly unread: Unread;
  readonly route: Route | null;
  /** A 101, through its hooks. */
  switched(response: UpstreamResponse): void;
  /** The client has been given all of it. */
  answerSent(): void;
  /** The upstream's response, or a hook that it went through, has failed. */
  attemptFailed(error: SluiceError): void;
  /** A hook that any other answer went through has failed. */
  answerFailed(error: SluiceError): void;
}

const SWITCHING = 101;

export class Delivery implements ResponseReceiver, BodyFilterSink {
  readonly #owner: DeliveryOwner;
  readonly #source: ResponseSource;
  /** The source's head, once body hooks are to see the body without its length. */
  #head: UpstreamResponse;
  #filter: FilterChain | null = null;
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
    const { exchange, route } = this.#owner;
    const { head, kind, seenBy } = this.#source;
    const { status } = head;
    if (seenBy === null) {
      exchange.response = { status, headers: head.headers, mayHaveId: true, source: kind };
      return this.#startPlain();
    }
    let { headers } = head;
    if (kind === SOURCE.upstream) {
      exchange.upstreamStatus = status;
      headers = route?.editOrigins(headers, exchange) ?? headers;
    }
    const mayHaveId = this.#head.hasRequestId || route !== null;
    exchange.response = { status, headers, mayHaveId, source: kind };
    if (!hasHooks(seenBy, CHAIN.response)) return this.#afterHooks(seenBy);
    this.#source.pause();
    this.#pass(seenBy, seenBy);
  }

  /** Through the hooks of one layer, and of those around it. */
  #pass(layer: Layer, seenBy: Layer): void {
    this.#owner.sequence.runIn(layer, CHAIN.response, ({ error }) => {
      if (this.#isOver) return;
      const refusal = error ?? this.#switchedStatus(layer);
      if (refusal !== null) this.failed(refusal);
      else if (layer.outer === null) this.#afterHooks(seenBy);
      else this.#pass(layer.outer, seenBy);
    });
  }

  /** Nothing more of it is wanted, and no hook sees more of it. Idempotent. */
  cancel(): void {
    this.#isOver = true;
    this.#filter?.destroy();
    this.#owner.client.encoding?.destroy();
  }

  /** The client takes more. */
  onWritable(): void {
    if (this.#owner.client.encoding?.resume() === false) return;
    if (this.#filter === null) this.#source.resume();
    else this.#filter.unblock();
  }

  #afterHooks(seenBy: Layer): void {
    if (this.#head.upgrade !== "") return this.#owner.switched(this.#head);
    if (!filtersResponse(seenBy)) return this.#startPlain();
    const { exchange } = this.#owner;
    if (exchange.response !== null) repairHead(exchange.response, this.#head.headers);
    const contentLength = this.#head.contentLength === 0 ? 0 : -1;
    this.#head = { ...this.#head, contentLength, statedLength: NOTHING_STATED };
    if (this.#isBodyless) return this.#startPlain();
    const coding = codingOf(this.#head.headers);
    if (!isKnownCoding(coding)) {
      const message = `Cannot filter the response: expected a known coding, got ${coding}`;
      return this.failed(new SluiceError("upstream_protocol", message));
    }
    this.#startFiltered(seenBy, coding);
  }

  get #isBodyless(): boolean {
    if (this.#head.contentLength === 0) return true;
    const isUpstreams = this.#source.kind === SOURCE.upstream;
    return !isUpstreams && isBodyless(this.#owner.head.method, this.#head.status);
  }

  /** The upstream has switched: under any other status its bytes would be taken for responses. */
  #switchedStatus(layer: Layer): SluiceError | null {
    const { exchange } = this.#owner;
    const edited = exchange.response;
    if (this.#head.upgrade === "" || edited === null || edited.status === SWITCHING) return null;
    const message = `expected a 101 to stay one, got the status ${edited.status}`;
    edited.status = SWITCHING;
    const refused = { hook: "responseFilter", code: "script_result", message } as const;
    return refuseResult(exchange, layer, refused);
  }

  #startPlain(): void {
    const body = this.#source.open();
    const { ended } = this.#source;
    if (!ended) this.#beginPlain(body, ended);
    else this.#throughHooks(ended, (trailers) => this.#beginPlain(body, trailers));
  }

  #beginPlain(body: Buffer | string | null, ended: string | null): void {
    const hasRoom = this.#owner.responder.begin(this.#head, body, ended);
    if (this.#source.left !== LEFT) this.#owner.client.whenLeft(this.#source.left);
    if (ended !== null) this.#sent(ended);
    else if (hasRoom) this.#source.resume();
    else this.#source.pause();
  }

  #startFiltered(seenBy: Layer, coding: string): void {
    const { responder } = this.#owner;
    const filter = responseFilter(this.#owner, { seenBy, coding }, this);
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
    if (this.#filter !== null) this.#endFilter(trailers);
    else if (trailers === "") this.#sent("");
    else this.#throughHooks(trailers, (passed) => this.#sent(passed));
  }

  onError(error: SluiceError): void {
    if (!this.#isOver) this.failed(error);
  }

  #endFilter(trailers: string): void {
    this.#trailers = trailers;
    this.#filter?.end();
  }

  #throughHooks(trailers: string, passed: (trailers: string) => void): void {
    if (this.#source.kind !== SOURCE.upstream) return passed(trailers);
    const next = (edited: string): unknown => this.#isOver || passed(edited);
    const failed = (error: SluiceError): void => this.onError(error);
    filterTrailers(this.#owner, "responseTrailers", trailers, { passed: next, failed });
  }

  #sent(trailers: string): void {
    const { responder, client } = this.#owner;
    responder.end(trailers);
    if (client.encoding === null) this.#owner.answerSent();
    else client.encoding.tellEnd(this.#owner);
  }

  // What filters tell.

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
    this.#throughHooks(this.#trailers, (trailers) => {
      const body = this.#collected?.takeWhole() ?? null;
      // trailers need chunks
      const contentLength = trailers === "" ? (body?.length ?? 0) : -1;
      const head = { ...this.#head, contentLength };
      if (this.#collected !== null) this.#owner.responder.begin(head, body, trailers);
      this.#sent(trailers);
    });
  }

  failed(error: SluiceError): void {
    if (this.#source.kind === SOURCE.upstream) this.#owner.attemptFailed(error);
    else this.#owner.answerFailed(error);
  }

  onRoom(): void {
    this.#source.resume();
  }
}
