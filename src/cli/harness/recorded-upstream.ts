// The far side of a replay: attempts end as they ended, and peers answer what they answered. What
// the record does not have fails, and nothing reaches a network.

import { monotonicMs } from "../../base/clock.ts";
import { ERRORS, type ErrorCode, SluiceError } from "../../base/errors.ts";
import { UNREAD } from "../../http1/messages.ts";
import type {
  AttemptRecord,
  ConnectionRecord,
  ResponseRecord,
} from "../../observe/capture/record.ts";
import type {
  Borrower,
  Borrowing,
  ConnectionFacts,
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../../upstream/transport.ts";
import { hasField } from "../../wire/headers.ts";

export class RecordedUpstream implements Transport {
  readonly #left: AttemptRecord[];

  constructor(attempts: readonly AttemptRecord[]) {
    this.#left = [...attempts];
  }

  borrow(peer: Peer, borrower: Borrower): Borrowing {
    const attempt = this.#left.shift();
    const timer = setImmediate(() => {
      if (attempt === undefined) {
        borrower.onConnectFailed(failure("connect_failed", "the record has no further attempt"));
      } else if (attempt.connection === null) {
        borrower.onConnectFailed(failure(attempt.failure, "as recorded"));
      } else borrower.onLent(new RecordedLent(attempt, attempt.connection, peer));
    });
    return { cancel: () => clearImmediate(timer) };
  }

  open(peer: Peer, borrower: Borrower): Borrowing {
    return this.borrow(peer, borrower);
  }
}

const failure = (code: string | null, why: string): SluiceError =>
  new SluiceError(isCode(code) ? code : "upstream_closed", why);

const isCode = (code: string | null): code is ErrorCode =>
  code !== null && Object.hasOwn(ERRORS, code);

class RecordedLent implements LentExchange {
  readonly facts: ConnectionFacts;
  readonly served: number;
  readonly #attempt: AttemptRecord;
  #sink: ResponseSink | null = null;
  #hasBody = false;
  #resume: (() => void) | null = null;
  #isPaused = false;

  constructor(attempt: AttemptRecord, connection: ConnectionRecord, peer: Peer) {
    const { isReused, protocol, local, tls, connectMs, ageMs } = connection;
    const establishedMs = monotonicMs() - ageMs;
    this.facts = { peer, protocol, local, tls, tlsDigest: null, connectMs, establishedMs };
    this.served = isReused ? 1 : 0;
    this.#attempt = attempt;
  }

  send({ hasBody }: UpstreamRequest, sink: ResponseSink): boolean {
    this.#sink = sink;
    this.#hasBody = hasBody;
    if (!hasBody) setImmediate(() => void this.#answer(sink));
    return true;
  }

  write(): boolean {
    return true;
  }

  end(): void {
    const sink = this.#sink;
    if (this.#hasBody && sink !== null) setImmediate(() => void this.#answer(sink));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
    this.#resume = null;
  }

  detach(): never {
    throw new Error("a request that switches its protocol is not replayed");
  }

  release(): void {
    this.destroy();
  }

  destroy(): void {
    this.#sink = null;
    this.resume();
  }

  async #answer(sink: ResponseSink): Promise<void> {
    if (this.#sink !== sink) return;
    const { response, failure: code } = this.#attempt;
    if (response === null) {
      this.#sink = null;
      return sink.onError(failure(code, "as recorded"));
    }
    const chunks = chunksOf(response);
    const isComplete = response.isComplete && code === null;
    const first = response.hasFirst ? (chunks.shift() ?? null) : null;
    if (isComplete) this.#sink = null;
    sink.onHead(headOf(response), first, isComplete);
    if (isComplete) return;
    for (const chunk of chunks) {
      await this.#turn();
      if (this.#sink !== sink) return;
      if (!sink.onData(chunk)) this.#isPaused = true;
    }
    await this.#turn();
    if (this.#sink !== sink) return;
    this.#sink = null;
    if (code === null) sink.onEnd(response.trailers);
    else sink.onError(failure(code, "as recorded"));
  }

  /** In a pass of its own, as chunks come from a network, and when it is wanted. */
  async #turn(): Promise<void> {
    await new Promise(setImmediate);
    if (!this.#isPaused) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }
}

function chunksOf({ body }: ResponseRecord): Buffer[] {
  const bytes = Buffer.from(body.base64, "base64");
  let at = 0;
  return body.chunks.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

const headOf = ({ status, reason, headers, contentLength }: ResponseRecord): UpstreamResponse => ({
  ...{ status, reason, headers, contentLength, upgrade: "", statedLength: UNREAD },
  hasDate: hasField(headers, "date"),
  hasRequestId: hasField(headers, "x-request-id"),
});
