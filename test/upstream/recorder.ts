// A sink that writes down everything it hears, in order, and lets a test wait for it.

import assert from "node:assert/strict";
import type { SluiceError } from "../../src/base/errors.ts";
import { NOTHING_STATED } from "../../src/http1/messages.ts";
import type { Logins } from "../../src/upstream/logins.ts";
import type {
  Borrower,
  LentExchange,
  Peer,
  ResponseSink,
  Transport,
  UpstreamRequest,
  UpstreamResponse,
} from "../../src/upstream/transport.ts";

const ENDS: ReadonlySet<string> = new Set(["complete", "end", "error"]);

export class Recorder implements ResponseSink {
  /** Names of the callbacks in order; consecutive `data` once. */
  readonly events: string[] = [];
  readonly informational: UpstreamResponse[] = [];
  response: UpstreamResponse | null = null;
  readonly chunks: Buffer[] = [];
  trailers = "";
  error: SluiceError | null = null;
  drains = 0;
  /** What `onData` answers. */
  wantsMore = true;
  /** Called within the callback of that name, for tests of what a sink may do there. */
  readonly on: { [event: string]: () => void } = {};
  #waiting: (() => void)[] = [];

  /** The code of the error that ended it. */
  get code(): string {
    return this.error?.code ?? "none";
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get isOver(): boolean {
    return this.events.some((event) => ENDS.has(event));
  }

  onInformational(response: UpstreamResponse): void {
    this.informational.push(response);
    this.#note("informational");
  }

  onHead(response: UpstreamResponse, first: Buffer | string | null, isComplete: boolean): void {
    assert.equal(this.response, null, "a second head");
    this.response = response;
    if (typeof first === "string") this.chunks.push(Buffer.from(first, "latin1"));
    else if (first !== null) this.chunks.push(first);
    this.#note("head");
    if (isComplete) this.#note("complete");
  }

  onData(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    this.#note("data");
    return this.wantsMore;
  }

  onEnd(trailers: string): void {
    this.trailers = trailers;
    this.#note("end");
  }

  onError(error: SluiceError): void {
    this.error = error;
    this.#note("error");
  }

  onDrain(): void {
    this.drains++;
    this.#note("drain");
  }

  /** Waits until the condition holds; it is looked at after each callback. */
  async until(condition: (recorder: Recorder) => boolean): Promise<this> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this;
  }

  /** Waits for the response's end, or its failure. */
  over(): Promise<this> {
    return this.until((recorder) => recorder.isOver);
  }

  #note(event: string): void {
    assert.ok(!this.isOver, `${event} after the end: ${this.events.join(" ")}`);
    if (event !== "data" || this.events.at(-1) !== "data") this.events.push(event);
    this.on[event]?.();
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Borrows a connection, or throws the error. */
export const borrow = (
  transport: Transport,
  peer: Peer,
  logins: Logins | null = null,
): Promise<LentExchange> =>
  new Promise((resolve, reject) => {
    transport.borrow(peer, { onLent: resolve, onConnectFailed: reject }, logins);
  });

/** A borrower for whom either is the same. */
export const borrower = (done: (lent: LentExchange | null) => void): Borrower => ({
  onLent: done,
  onConnectFailed: () => done(null),
});

const GET: UpstreamRequest = {
  method: "GET",
  target: "/",
  headers: "Host: origin.test\r\n",
  contentLength: 0,
  statedLength: NOTHING_STATED,
  hasBody: false,
  acceptsTrailers: false,
  mayLogIn: false,
  clientHeaders: "",
  upgrade: "",
};

export const request = (changes: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  ...GET,
  ...changes,
});
