// The receiving half of our own HTTP/1.1 connection: bytes in, the sink's callbacks out, in order.
// It owns no socket and no deadline: what a response means for the connection it tells its owner,
// and always before the sink hears of it, so that a sink may send the next request at once.

import { monotonicMs } from "../base/clock.ts";
import type { SluiceError } from "../base/errors.ts";
import type { BodyDecoder, BodySink } from "../http1/body.ts";
import { responseBody } from "../http1/body-decoder.ts";
import { UNTIL_CLOSE } from "../http1/framing.ts";
import type { Head } from "../http1/head.ts";
import { checkUnfinishedHead, headText } from "../http1/head-end.ts";
import type { ResponseHead } from "../http1/messages.ts";
import { parseResponseHead } from "../http1/response.ts";
import { InterimAllowance } from "./interim-allowance.ts";
import { copyOf, wholeBody } from "./kept-bytes.ts";
import { isWorthNoting, knownHead, noteHead } from "./known-heads.ts";
import type { UpstreamLimits } from "./limits.ts";
import {
  beginsLikeAHead,
  isAsked,
  peersFault,
  protocolFault,
  toUpstreamResponse,
} from "./response-head.ts";
import type { Rest } from "./rest.ts";
import type { Peer, ResponseSink, UpstreamRequest } from "./transport.ts";

export interface ReaderOwner {
  readonly rest: Rest;
  /** The peer did its part: its time starts anew. */
  onProgress(): void;
  onResponseOver(isReusable: boolean): void;
  onUpgraded(): void;
  onFault(error: SluiceError): void;
  pause(): void;
}

const NO_BYTES = Buffer.alloc(0);
const SWITCHING = 101;

export class ResponseReader implements BodySink {
  /** Who hears of the response; null when there is none to hear of. */
  sink: ResponseSink | null = null;
  readonly #owner: ReaderOwner;
  readonly #limits: UpstreamLimits;
  #method = "";
  #upgrade = "";
  /** Null while a head is awaited. */
  #decoder: BodyDecoder | null = null;
  /** Bytes of a head that is not whole yet; then what came behind a 101. */
  #partial: Buffer = NO_BYTES;
  /** What of the body came with the head, while that is being read. */
  #first: Buffer | null = null;
  #isReadingFirst = false;
  #trailers = "";
  #keepAlive = false;
  #interims: InterimAllowance | null = null;
  /** No byte of an answer has come. */
  heardNothing = true;
  /** The body ends where the peer closes. */
  endsWithClose = false;

  silenceMs = ({ responseTimeoutMs, bodyTimeoutMs }: Peer): number =>
    this.#decoder === null ? responseTimeoutMs : bodyTimeoutMs;

  constructor(owner: ReaderOwner, limits: UpstreamLimits) {
    this.#owner = owner;
    this.#limits = limits;
  }

  begin(request: UpstreamRequest, sink: ResponseSink): void {
    this.sink = sink;
    this.#method = request.method;
    this.#upgrade = request.upgrade;
    this.#interims = null;
    this.heardNothing = true;
    this.endsWithClose = false;
  }

  /** From here on nobody hears anything. Returns who did. */
  stop(): ResponseSink | null {
    const sink = this.sink;
    this.sink = null;
    this.#decoder = null;
    this.#partial = NO_BYTES;
    return sink;
  }

  /** More behind a 101: TLS hands over what it has decrypted, paused or not. */
  keepRest(bytes: Buffer): void {
    this.#partial = Buffer.concat([this.#partial, bytes]);
  }

  /** What came behind a 101. */
  takeRest(): Buffer {
    const rest = this.#partial;
    this.stop();
    return rest;
  }

  /** `bytes` are overwritten after this call: whatever is kept is copied. */
  read(bytes: Buffer): void {
    this.heardNothing = false;
    if (this.#decoder === null) this.#readHeads(bytes);
    else this.#readBody(this.#decoder, bytes);
  }

  onBody(chunk: Buffer): void {
    const copy = copyOf(chunk, 0, chunk.length);
    if (this.#isReadingFirst) this.#first = copy;
    else if (this.sink !== null && !this.sink.onData(copy)) this.#owner.pause();
  }

  onBodyEnd(trailers: string): void {
    this.#trailers = trailers;
  }

  #readHeads(bytes: Buffer): void {
    const fresh = this.#partial.length;
    const known = fresh === 0 ? knownHead(bytes, this.#method, this.#limits) : null;
    if (known !== null) return this.#readFinal(known.head, bytes, known.bytes.length);
    const chunk = fresh === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    for (let at = 0; ; ) {
      const text = headText(chunk, at);
      if (text === "") return this.#keepPartial(chunk, at, Math.max(at, fresh));
      const head = this.#parseHead(at === 0 ? { text, bytes: chunk } : text);
      if (head === null) return;
      const end = at + text.length;
      if (head.status >= 200) {
        if (at === 0 && isWorthNoting(end)) this.#note(chunk, end);
        return this.#readFinal(head, chunk, end);
      }
      if (head.status === SWITCHING) return this.#switch(head, chunk, end);
      if (!this.#passInterim(head)) return;
      at = end;
    }
  }

  #note(chunk: Buffer, bytes: number): void {
    noteHead(chunk, bytes, { method: this.#method, limits: this.#limits });
  }

  #parseHead(head: string | Head): ResponseHead | null {
    try {
      return parseResponseHead(head, this.#method, this.#limits.codec);
    } catch (error) {
      this.#refuse(error);
      return null;
    }
  }

  #keepPartial(chunk: Buffer, start: number, fresh: number): void {
    try {
      if (!beginsLikeAHead(chunk, start)) throw protocolFault("expected HTTP/1");
      checkUnfinishedHead(chunk, { of: "response", start, fresh }, this.#limits.codec);
    } catch (error) {
      return this.#refuse(error);
    }
    this.#partial = start === chunk.length ? NO_BYTES : copyOf(chunk, start, chunk.length);
  }

  /** False: the sink has given up. */
  #passInterim(head: ResponseHead): boolean {
    const nowMs = monotonicMs();
    this.#interims ??= new InterimAllowance(this.#limits, nowMs);
    if (!this.#interims.take(nowMs)) {
      this.#owner.onFault(protocolFault("too many interim responses"));
      return false;
    }
    this.#owner.onProgress();
    this.sink?.onInformational(head);
    return this.sink !== null;
  }

  #switch(head: ResponseHead, chunk: Buffer, end: number): void {
    if (!isAsked(head.upgrade, this.#upgrade)) {
      return this.#owner.onFault(protocolFault("a switch to a protocol that nobody asked for"));
    }
    this.#partial = copyOf(chunk, end, chunk.length);
    this.#owner.onUpgraded();
    this.sink?.onHead(head, null, false);
  }

  #readFinal(head: ResponseHead, chunk: Buffer, from: number): void {
    this.#partial = NO_BYTES;
    this.#owner.rest.heard(head);
    const length = head.contentLength;
    if (length < 0 || chunk.length - from < length) return this.#beginBody(head, chunk, from);
    // The hot path: the whole response in one read.
    const first = length === 0 ? null : wholeBody(chunk, from, from + length);
    const isReusable = head.keepAlive && chunk.length - from === length;
    const sink = this.stop();
    this.#owner.onResponseOver(isReusable);
    sink?.onHead(head, first, true);
  }

  #beginBody(head: ResponseHead, chunk: Buffer, from: number): void {
    const decoder = responseBody(head, this.#limits.codec);
    this.#decoder = decoder;
    this.#keepAlive = head.keepAlive;
    this.endsWithClose = head.contentLength === UNTIL_CLOSE;
    this.#isReadingFirst = true;
    const end = this.#feed(decoder, chunk, from);
    this.#isReadingFirst = false;
    const first = this.#first;
    this.#first = null;
    if (end === -1) return;
    this.#owner.onProgress();
    const response = toUpstreamResponse(head);
    if (decoder.isDone && this.#trailers === "") {
      const sink = this.#finish(end === chunk.length);
      sink?.onHead(response, first, true);
      return;
    }
    this.sink?.onHead(response, first, false);
    if (decoder.isDone && this.sink !== null)
      this.#finish(end === chunk.length)?.onEnd(this.#trailers);
  }

  #readBody(decoder: BodyDecoder, bytes: Buffer): void {
    const end = this.#feed(decoder, bytes, 0);
    // A sink that destroys the connection within `onData` has stopped us.
    if (end === -1 || this.sink === null) return;
    if (!decoder.isDone) return this.#owner.onProgress();
    this.#finish(end === bytes.length)?.onEnd(this.#trailers);
  }

  /** Offset behind the body's bytes; -1: they were refused. */
  #feed(decoder: BodyDecoder, bytes: Buffer, from: number): number {
    this.#trailers = "";
    try {
      return decoder.feed(bytes, from, this);
    } catch (error) {
      this.#refuse(error);
      return -1;
    }
  }

  /** `isExact`: nothing came behind the response, which would be read as the next one. */
  #finish(isExact: boolean): ResponseSink | null {
    const sink = this.stop();
    this.#owner.onResponseOver(this.#keepAlive && isExact);
    return sink;
  }

  #refuse(thrown: unknown): void {
    this.#owner.onFault(peersFault(thrown));
  }
}
