// Opening a socket to a peer, for either transport: the bound in time, the way to give up, and the
// sentence for each way to fail. What is spoken on the socket is not known here.

import { connect, type OnReadOpts, type Socket } from "node:net";
import type { DeadlineItem, Deadlines } from "../base/clock.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Borrowing, Peer } from "./transport.ts";

export interface DialOptions {
  readonly deadlines: Deadlines;
  /** Reads go into this buffer rather than through the socket's stream. */
  readonly onread?: OnReadOpts;
}

export interface DialResult {
  onConnected(socket: Socket, connectMs: number): void;
  onFailed(error: SluiceError): void;
}

/** One connect under way. Ends in exactly one call of its result, or none after `cancel`. */
export class Dial implements Borrowing, DeadlineItem {
  deadlineMs: number;
  readonly #peer: Peer;
  readonly #deadlines: Deadlines;
  readonly #startMs = performance.now();
  readonly #socket: Socket;
  #result: DialResult | null;

  constructor(peer: Peer, options: DialOptions, result: DialResult) {
    this.#peer = peer;
    this.#deadlines = options.deadlines;
    this.#result = result;
    this.#socket = connect({
      host: peer.host,
      port: peer.port,
      noDelay: true,
      // A FIN is answered by us, in the one way that is right where it comes (a tunnel relays it).
      allowHalfOpen: true,
      ...(options.onread === undefined ? {} : { onread: options.onread }),
    });
    this.#socket.once("connect", this.#onConnect);
    this.#socket.once("error", this.#onError);
    this.deadlineMs = deadlineAfter(options.deadlines, peer.connectTimeoutMs);
    options.deadlines.add(this);
  }

  cancel(): void {
    if (this.#result !== null) this.#abandon();
  }

  onDeadline(): void {
    const ms = this.#peer.connectTimeoutMs;
    this.#fail(new SluiceError("connect_timeout", `${this.#peer.address} took over ${ms} ms`));
  }

  #onConnect = (): void => {
    const result = this.#result;
    if (result === null) return;
    this.#result = null;
    this.#deadlines.remove(this);
    this.#socket.off("error", this.#onError);
    result.onConnected(this.#socket, performance.now() - this.#startMs);
  };

  #onError = (error: NodeJS.ErrnoException): void => {
    const message = `Cannot connect to ${this.#peer.address}: ${error.code ?? error.message}`;
    this.#fail(new SluiceError(codeOf(error), message, { cause: error }));
  };

  #fail(error: SluiceError): void {
    const result = this.#result;
    if (result === null) return;
    this.#abandon();
    result.onFailed(error);
  }

  #abandon(): void {
    this.#result = null;
    this.#deadlines.remove(this);
    this.#socket.off("connect", this.#onConnect);
    this.#socket.off("error", this.#onError);
    // A lookup or connect that was given up may still fail; nobody waits for that any more.
    this.#socket.on("error", ignore);
    this.#socket.destroy();
  }
}

/**
 * A deadline that never fires early: the clock of `Deadlines` stands still between two sweeps, so
 * what it shows may be a whole sweep old.
 */
export const deadlineAfter = (deadlines: Deadlines, ms: number): number =>
  deadlines.nowMs + LIMITS.deadlineSweepMs + ms;

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === "ECONNREFUSED") return "connect_refused";
  if (error.code === "ETIMEDOUT") return "connect_timeout";
  return "connect_failed";
}

function ignore(): void {}
