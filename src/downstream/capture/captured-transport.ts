// The way to peers, with an ear at it: what was asked of them and what they answered is noted, and
// passes on as it is.

import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { monotonicMs } from "../../base/clock.ts";
import type { SluiceError } from "../../base/errors.ts";
import type { AttemptRecord, ConnectionRecord } from "../../observe/capture/record.ts";
import type {
  Borrower,
  Borrowing,
  LentExchange,
  LoginKeeper,
  Peer,
  ResponseSink,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../../upstream/transport.ts";
import { RecordedBody } from "./recorded-body.ts";

/** Of the exchange. */
interface Attempts {
  readonly attempts: RecordedAttempt[];
  /** It cannot be replayed, for want of that. */
  lacks(what: string): void;
}

export class CapturedTransport implements Transport {
  readonly #below: Transport;
  readonly #capture: Attempts;
  /** Where the exchange is on its way to, as its script says. */
  readonly #destination: () => string;

  constructor(below: Transport, capture: Attempts, destination: () => string) {
    this.#below = below;
    this.#capture = capture;
    this.#destination = destination;
  }

  borrow(peer: Peer, borrower: Borrower, logins?: LoginKeeper | null): Borrowing {
    return this.#below.borrow(peer, this.#heard(peer, borrower), logins);
  }

  open(peer: Peer, borrower: Borrower, logins?: LoginKeeper | null): Borrowing {
    return this.#below.open(peer, this.#heard(peer, borrower), logins);
  }

  #heard(peer: Peer, borrower: Borrower): Borrower {
    const { attempts } = this.#capture;
    if (attempts.length >= CAPTURE_LIMITS.attempts) {
      this.#capture.lacks("too many attempts");
      return borrower;
    }
    const attempt = new RecordedAttempt(this.#destination(), peer.address);
    attempts.push(attempt);
    return {
      onLent: (lent) => borrower.onLent(attempt.lent(lent)),
      onConnectFailed: (error) => {
        attempt.failure = error.code;
        borrower.onConnectFailed(error);
      },
    };
  }
}

export class RecordedAttempt {
  readonly #destination: string;
  readonly #peer: string;
  failure: string | null = null;
  connection: ConnectionRecord | null = null;
  request: UpstreamRequest | null = null;
  response: UpstreamResponse | null = null;
  trailers = "";
  hasFirst = false;
  isComplete = false;
  readonly sent = new RecordedBody();
  readonly came = new RecordedBody();

  constructor(destination: string, peer: string) {
    this.#destination = destination;
    this.#peer = peer;
  }

  lent(below: LentExchange): LentExchange {
    const { facts, served } = below;
    const { protocol, local, tls, connectMs } = facts;
    const ageMs = Math.max(0, monotonicMs() - facts.establishedMs);
    this.connection = { isReused: served > 0, protocol, local, tls, connectMs, ageMs };
    return new RecordedLent(below, this);
  }

  record(capture: Pick<Attempts, "lacks">): AttemptRecord {
    const { failure, connection, request, response, trailers } = this;
    if (!this.came.isWhole) capture.lacks("the whole body of an upstream's response");
    return {
      ...{ destination: this.#destination, peer: this.#peer, connection, failure },
      request:
        request === null
          ? null
          : {
              ...{ method: request.method, target: request.target, headers: request.headers },
              body: request.hasBody ? this.sent.record() : null,
            },
      response:
        response === null
          ? null
          : {
              ...{ status: response.status, reason: response.reason, headers: response.headers },
              ...{ contentLength: response.contentLength, body: this.came.record(), trailers },
              ...{ hasFirst: this.hasFirst, isComplete: this.isComplete },
            },
    };
  }
}

class RecordedLent implements LentExchange, ResponseSink {
  readonly facts;
  readonly served;
  readonly #below: LentExchange;
  readonly #attempt: RecordedAttempt;
  #sink: ResponseSink | null = null;

  constructor(below: LentExchange, attempt: RecordedAttempt) {
    this.#below = below;
    this.#attempt = attempt;
    this.facts = below.facts;
    this.served = below.served;
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    this.#sink = sink;
    this.#attempt.request = request;
    return this.#below.send(request, this);
  }

  write(chunk: Buffer): boolean {
    this.#attempt.sent.add(chunk);
    return this.#below.write(chunk);
  }

  end(trailers: string): void {
    this.#below.end(trailers);
  }

  pause(): void {
    this.#below.pause();
  }

  resume(): void {
    this.#below.resume();
  }

  detach(): ReturnType<LentExchange["detach"]> {
    return this.#below.detach();
  }

  release(): void {
    this.#below.release();
  }

  destroy(): void {
    this.#below.destroy();
  }

  // What the peer answers.

  onInformational(response: UpstreamResponse): void {
    this.#sink?.onInformational(response);
  }

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    this.#attempt.response = response;
    this.#attempt.came.add(first);
    this.#attempt.hasFirst = first !== null;
    this.#attempt.isComplete = isComplete;
    this.#sink?.onHead(response, first, isComplete);
  }

  onData(chunk: Buffer): boolean {
    this.#attempt.came.add(chunk);
    return this.#sink?.onData(chunk) ?? true;
  }

  onEnd(trailers: string): void {
    this.#attempt.trailers = trailers;
    this.#sink?.onEnd(trailers);
  }

  onError(error: SluiceError): void {
    this.#attempt.failure = error.code;
    this.#sink?.onError(error);
  }

  onDrain(): void {
    this.#sink?.onDrain();
  }
}
