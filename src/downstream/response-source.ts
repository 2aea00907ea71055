// The response that answers an exchange, whoever gives it: an attempt at a peer, a script, the
// proxy itself. It has a head, then bytes in their order, then its trailers, or an error in their
// place. Hooks, body filters and the responder stand behind it. Until they are ready for the body,
// what comes waits here, and the flow stops with the first chunk: so no more waits than what one
// read has brought, twice.
//
//     flow ──add, end, fail──▶ held │ open ──▶ receiver          pause, resume ──▶ flow

import { ByteQueue } from "../base/byte-queue.ts";
import type { SluiceError } from "../base/errors.ts";
import { UNREAD } from "../http1/messages.ts";
import type { Layer } from "../phases/layer.ts";
import type { Answer } from "../sandbox/call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { hasField } from "../wire/headers.ts";
import { reasonOf } from "./reasons.ts";
import { NOTHING } from "./unread.ts";

/** What feeds it. */
export interface ResponseFlow {
  pause(): void;
  resume(): void;
}

/** Who takes it. After `onEnd` or `onError` nothing more comes. */
export interface ResponseReceiver {
  /** False: no more until `resume`. The chunk is the receiver's to keep. */
  onData(chunk: Buffer): boolean;
  onEnd(trailers: string): void;
  /** It broke off, before the body was opened or behind that. */
  onError(error: SluiceError): void;
}

/** What there is of it when its head is known. */
export interface ResponseBegin {
  readonly head: UpstreamResponse;
  /** Bytes of the body that came with the head; text is latin1. */
  readonly first: Buffer | string | null;
  /** `first` is the whole body. */
  readonly isComplete: boolean;
  /** To be called when a body that is whole has left, or never will. */
  readonly left?: () => void;
  /** Whose it is: of SOURCE (src/wire/response-sources.ts). */
  readonly kind: number;
  /** The innermost layer whose response hooks see it; null: none does. */
  readonly seenBy: Layer | null;
}

/** Of a response that is here as a whole. */
export type AnswerBegin = Pick<ResponseBegin, "kind" | "seenBy" | "left">;

export class ResponseSource {
  readonly head: UpstreamResponse;
  readonly left: () => void;
  readonly kind: number;
  readonly seenBy: Layer | null;
  /** Null: the end has not come. Else its trailers. */
  ended: string | null;
  readonly #flow: ResponseFlow;
  #first: Buffer | string | null;
  #held: ByteQueue | null = null;
  #receiver: ResponseReceiver | null = null;
  #isOpen = false;

  /** @param flow  null: it is whole */
  constructor(
    { head, first, isComplete, left = NOTHING, kind, seenBy }: ResponseBegin,
    flow: ResponseFlow | null,
  ) {
    this.head = head;
    this.left = left;
    this.kind = kind;
    this.seenBy = seenBy;
    this.ended = isComplete ? "" : null;
    this.#flow = flow ?? NO_FLOW;
    this.#first = first;
  }

  /** An answer of a script or the proxy's own. */
  static of(answer: Answer, begin: AnswerBegin): ResponseSource {
    const { body } = answer;
    const first = body.length === 0 ? null : body;
    return new ResponseSource({ ...begin, head: headOf(answer), first, isComplete: true }, null);
  }

  // What feeds it.

  /** False: no more until the flow is resumed. */
  add(chunk: Buffer): boolean {
    if (this.#isOpen && this.#receiver !== null) return this.#receiver.onData(chunk);
    this.#held ??= queueOf(this.#first);
    this.#first = null;
    this.#held.push(chunk);
    return false;
  }

  end(trailers: string): void {
    this.ended = trailers;
    if (this.#isOpen) this.#receiver?.onEnd(trailers);
  }

  fail(error: SluiceError): void {
    this.#receiver?.onError(error);
  }

  // Who takes it.

  /** From now on it is told of the end, if that is an error. */
  attach(receiver: ResponseReceiver): void {
    this.#receiver = receiver;
  }

  /**
   * The rest goes to the receiver as it comes. Returns what waited, in one piece. If it has ended
   * already, `ended` says so, and the receiver is not told again.
   */
  open(): Buffer | string | null {
    this.#isOpen = true;
    const waiting = this.#held?.takeWhole() ?? this.#first;
    this.#held = null;
    this.#first = null;
    return waiting;
  }

  pause(): void {
    this.#flow.pause();
  }

  resume(): void {
    this.#flow.resume();
  }
}

const NO_FLOW: ResponseFlow = { pause: NOTHING, resume: NOTHING };

export const headOf = ({ status, headers, body }: Answer): UpstreamResponse => ({
  status,
  reason: reasonOf(status),
  headers,
  contentLength: body.length,
  statedLength: UNREAD,
  upgrade: "",
  hasDate: hasField(headers, "date"),
  hasRequestId: true,
});

/** What came with the head is the first of what is held, once more has come. */
function queueOf(first: Buffer | string | null): ByteQueue {
  const queue = new ByteQueue();
  if (first !== null) queue.push(bytesOf(first));
  return queue;
}

export const bytesOf = (body: Buffer | string): Buffer =>
  typeof body === "string" ? Buffer.from(body, "latin1") : body;
