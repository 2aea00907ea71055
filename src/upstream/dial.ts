// Reaching a peer, for either transport: its name is resolved, its addresses are tried one after
// the other, all within one bound in time, and the sentence for each way to fail. How one address
// is opened is opening.ts; what is spoken on the socket is not known here.

import { isIP, type OnReadOpts, type Socket } from "node:net";
import { type DeadlineItem, type Deadlines, deadlineAfter } from "../base/clock.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { ConnectSteps } from "../observe/timings.ts";
import type { UpstreamLimits } from "./limits.ts";
import type { NameTable, NameWaiter } from "./name-table.ts";
import type { Names } from "./names.ts";
import { Opening, type OpeningFailure, type OpeningResult } from "./opening.ts";
import type { TlsSessions } from "./tls-sessions.ts";
import type { Borrowing, Peer } from "./transport.ts";

export interface DialOptions {
  readonly deadlines: Deadlines;
  readonly limits: UpstreamLimits;
  readonly names: Names;
  readonly sessions: TlsSessions;
  /** Reads go into this buffer rather than through the socket's stream. */
  readonly onread?: OnReadOpts | undefined;
}

export interface DialResult {
  onConnected(socket: Socket, connectMs: number, steps: ConnectSteps): void;
  onFailed(error: SluiceError): void;
}

/** One connect under way. Ends in exactly one call of its result, or none after `cancel`. */
export class Dial implements Borrowing, DeadlineItem, NameWaiter, OpeningResult {
  deadlineMs: number;
  deadlinePlace = -1;
  readonly #peer: Peer;
  readonly #options: DialOptions;
  readonly #names: NameTable | null;
  readonly #startMs = performance.now();
  readonly #endMs: number;
  #result: DialResult | null;
  #opening: Opening | null = null;
  /** Of its name, and of the address that answered; 0: not yet. */
  #resolvedMs = 0;
  #reachedMs = 0;
  /** Those still to try; the first is being tried. */
  #addresses: readonly string[] = [];
  /** Why the others failed: `10.0.0.7: ECONNREFUSED`. */
  readonly #reasons: string[] = [];

  constructor(peer: Peer, options: DialOptions, result: DialResult) {
    this.#peer = peer;
    this.#options = options;
    this.#result = result;
    this.#endMs = deadlineAfter(options.deadlines, peer.connectTimeoutMs);
    this.deadlineMs = this.#endMs;
    options.deadlines.add(this);
    const isNamed = peer.socketPath === null && isIP(peer.host) === 0;
    this.#names = isNamed ? options.names.tableFor(peer) : null;
    if (this.#names === null) this.#begin([peer.host]);
    else this.#names.ask(peer.host, this);
  }

  cancel(): void {
    if (this.#result !== null) this.#abandon();
  }

  onAddresses(addresses: readonly string[]): void {
    if (this.#result === null) return;
    this.#begin(addresses);
  }

  onNoAddress(cause: Error): void {
    const reason = "code" in cause ? `${cause.code}` : cause.message;
    const message = `Cannot connect to ${this.#peer.address}: no address of the name: ${reason}`;
    this.#fail(new SluiceError("connect_failed", message, { cause }));
  }

  onReached(): void {
    this.#reachedMs = performance.now();
    this.deadlineMs = this.#endMs;
  }

  onOpen(socket: Socket): void {
    const result = this.#result;
    this.#result = null;
    this.#opening = null;
    this.#options.deadlines.remove(this);
    const nowMs = performance.now();
    const resolveMs = this.#names === null ? 0 : this.#resolvedMs - this.#startMs;
    const tlsMs = this.#reachedMs === 0 ? 0 : nowMs - this.#reachedMs;
    result?.onConnected(socket, nowMs - this.#startMs, { resolveMs, tlsMs });
  }

  onOpeningFailed({ code, reason, cause }: OpeningFailure): void {
    if (code === "out_of_descriptors") this.#failForWant(cause);
    else this.#tryNext(code, reason, cause);
  }

  onDeadline(): void {
    const { deadlines, limits } = this.#options;
    if (deadlines.nowMs < this.#endMs) {
      this.#tryNext("connect_timeout", `over ${limits.addressAttemptMs} ms`);
      return;
    }
    const reasons = this.#reasons.map((reason) => `; ${reason}`).join("");
    const what = this.#opening === null ? "its name took" : "it took";
    const message = `${what} over ${this.#peer.connectTimeoutMs} ms${reasons}`;
    const text = `Cannot connect to ${this.#peer.address}: ${message}`;
    this.#fail(new SluiceError("connect_timeout", text));
  }

  /** Opens the first of those that the peer may have. */
  #begin(addresses: readonly string[]): void {
    this.#resolvedMs = performance.now();
    const { egress, port } = this.#peer;
    const allowed =
      egress === null ? addresses : addresses.filter((address) => egress.allows(address, port));
    if (allowed.length > 0) {
      this.#open(allowed.slice(0, this.#options.limits.addressesPerConnectMax));
      return;
    }
    // Never at once: the borrower does not hold this Dial yet.
    process.nextTick(refuse, this);
  }

  refuse(): void {
    // Which addresses a name has inside is not for the tenant to know.
    const expected = "expected a public address, or one of the tenant's egress list";
    const message = `Cannot connect to ${this.#peer.address}: ${expected}`;
    this.#fail(new SluiceError("peer_forbidden", message));
  }

  #open(addresses: readonly string[]): void {
    const [address = ""] = addresses;
    this.#addresses = addresses;
    // The last one may take what time is left: it may be far away rather than dead.
    if (addresses.length > 1) {
      const { deadlines, limits } = this.#options;
      this.deadlineMs = Math.min(this.#endMs, deadlineAfter(deadlines, limits.addressAttemptMs));
    } else {
      this.deadlineMs = this.#endMs;
    }
    const { sessions, onread } = this.#options;
    this.#opening = new Opening(this.#peer, address, { sessions, onread, result: this });
  }

  /** An address has failed: the next one, or the end. */
  #tryNext(code: ErrorCode, reason: string, cause?: Error): void {
    this.#opening?.cancel();
    this.#opening = null;
    const [address = "", ...others] = this.#addresses;
    this.#names?.failed(this.#peer.host, address);
    this.#reasons.push(this.#names === null ? reason : `${address}: ${reason}`);
    if (others.length > 0) {
      this.#open(others);
      return;
    }
    const message = `Cannot connect to ${this.#peer.address}: ${this.#reasons.join("; ")}`;
    this.#fail(new SluiceError(code, message, cause === undefined ? undefined : { cause }));
  }

  /** Of a descriptor: there would be none for another address either. */
  #failForWant(cause: NodeJS.ErrnoException): void {
    const message = `Cannot connect to ${this.#peer.address}: no descriptor is left`;
    const why = `${message} (ulimit -n): ${cause.code}`;
    this.#fail(new SluiceError("out_of_descriptors", why, { cause }));
  }

  #fail(error: SluiceError): void {
    const result = this.#result;
    if (result === null) return;
    this.#abandon();
    result.onFailed(error);
  }

  #abandon(): void {
    this.#result = null;
    this.#options.deadlines.remove(this);
    this.#names?.forget(this.#peer.host, this);
    this.#opening?.cancel();
    this.#opening = null;
  }
}

function refuse(dial: Dial): void {
  dial.refuse();
}
