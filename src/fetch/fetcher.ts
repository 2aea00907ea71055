// The fetches of one request: how many it has made, which are under way, which wait for room. Made
// when a script asks for the first.

import { monotonicMs } from "../base/clock.ts";
import type { GiveAnswer, HostAsk, HostCall } from "../sandbox/host-call.ts";
import type { Egress } from "../upstream/egress.ts";
import type { UpstreamGroup } from "../upstream/groups.ts";
import type { Transport } from "../upstream/transport.ts";
import { FetchCall, type FetchOwner } from "./fetch-call.ts";
import { KnownUrls } from "./fetch-url.ts";
import { GroupAttempts } from "./group-attempts.ts";
import type { FetchNotes } from "./hop-timing.ts";
import { type Order, readOrder } from "./order.ts";
import { FetchRefusal, refusalAnswer } from "./refusal.ts";
import type { Trace } from "./request-head.ts";

export interface FetchBounds {
  /** Fetches of one request, hops of redirects included. */
  readonly subrequests: number;
  /** Of those, under way at once: the others wait. */
  readonly subrequestsAtOnce: number;
  /** Of all requests of the tenant in one worker, under way or waiting. */
  readonly subrequestsPerWorker: number;
  readonly bufferedBodyBytes: number;
}

/** What the scripts of a tenant may fetch. */
export interface FetchReach {
  /** Who the tenant is among all that have or had its name. */
  readonly id: string;
  readonly name: string;
  readonly groups: ReadonlyMap<string, UpstreamGroup>;
  readonly egress: Egress | null;
  readonly fetches: FetchCount;
}

/** Of a tenant, in one worker. */
export class FetchCount {
  readonly bounds: FetchBounds;
  readonly urls = new KnownUrls();
  open = 0;

  constructor(bounds: FetchBounds) {
    this.bounds = bounds;
  }
}

/** For requests that no script sees. */
export const NO_FETCHES = new FetchCount({
  subrequests: 0,
  subrequestsAtOnce: 0,
  subrequestsPerWorker: 0,
  bufferedBodyBytes: 0,
});

export interface FetcherBegin {
  readonly transport: Transport;
  readonly reach: FetchReach;
  readonly trace: Trace;
  /** Null: nobody measures. */
  readonly notes: FetchNotes | null;
}

export class Fetcher implements FetchOwner {
  /** Fetches begun, hops included, and the time from each's beginning to its head, in ms. */
  count = 0;
  ms = 0;
  readonly tenant: string;
  readonly egress: Egress | null;
  readonly transport: Transport;
  readonly trace: Trace;
  readonly notes: FetchNotes | null;
  readonly #reach: FetchReach;
  #running = 0;
  /** For a place among those; null: none has had to. */
  #waiting: FetchCall[] | null = null;
  #isStarting = false;

  constructor({ transport, reach, trace, notes }: FetcherBegin) {
    this.transport = transport;
    this.trace = trace;
    this.notes = notes;
    this.tenant = reach.id;
    this.egress = reach.egress;
    this.#reach = reach;
  }

  get bodyBytesMax(): number {
    return this.#bounds.bufferedBodyBytes;
  }

  get #bounds(): FetchBounds {
    return this.#reach.fetches.bounds;
  }

  /** Null: our runtime would not have asked for that. */
  start({ text, bytes }: HostAsk, answer: GiveAnswer): HostCall | null {
    let order: Order | null;
    try {
      order = readOrder(text, bytes, this.#reach.fetches.urls);
      if (order === null) return null;
      this.#checkRoom();
    } catch (thrown) {
      answer(refusalAnswer(thrown));
      return REFUSED;
    }
    const call = new FetchCall(this, order, answer);
    this.#reach.fetches.open++;
    if (this.#waiting === null && this.#hasRoom()) this.#run(call);
    else {
      this.#waiting ??= [];
      this.#waiting.push(call);
    }
    return call;
  }

  /** Of a redirect. Throws FetchRefusal. */
  countHop(): void {
    const { subrequests } = this.#bounds;
    if (this.count >= subrequests) throw tooMany("", subrequests, "subrequests");
    this.count++;
  }

  /** Throws FetchRefusal. */
  attemptsOf(name: string): GroupAttempts {
    const group = this.#reach.groups.get(name);
    if (group !== undefined) return new GroupAttempts(group);
    const known = [...this.#reach.groups.keys()].join(", ") || "none";
    const got = JSON.stringify(name.slice(0, 64));
    throw new FetchRefusal(
      `fetch: expected an upstream group of the tenant (${known}), got ${got}`,
    );
  }

  /** The script has its answer. */
  answered(call: FetchCall): void {
    if (call.begunMs === 0) return;
    this.ms += monotonicMs() - call.begunMs;
    call.begunMs = 0;
  }

  /** It holds nothing any more. */
  left(call: FetchCall): void {
    this.answered(call);
    this.#reach.fetches.open--;
    if (call.isRunning) this.#running--;
    call.isRunning = false;
    const place = this.#waiting?.indexOf(call) ?? -1;
    if (place !== -1) this.#waiting?.splice(place, 1);
    if (this.#waiting !== null) this.#startSoon();
  }

  #hasRoom(): boolean {
    return this.#running < this.#bounds.subrequestsAtOnce;
  }

  #checkRoom(): void {
    const { subrequestsPerWorker } = this.#bounds;
    if (this.#reach.fetches.open >= subrequestsPerWorker) {
      throw tooMany(" of all requests at once", subrequestsPerWorker, "subrequestsPerWorker");
    }
    this.countHop();
  }

  #run(call: FetchCall): void {
    this.#running++;
    call.isRunning = true;
    call.begin();
  }

  /** Not now: those that wait may be about to leave too, with their hook or by its signal. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    process.nextTick((fetcher: Fetcher) => fetcher.#startNext(), this);
  }

  #startNext(): void {
    this.#isStarting = false;
    while (this.#hasRoom()) {
      const next = this.#waiting?.shift();
      if (next === undefined) {
        this.#waiting = null;
        return;
      }
      this.#run(next);
    }
  }
}

const tooMany = (what: string, most: number, name: string): FetchRefusal =>
  new FetchRefusal(`fetch: too many fetches${what}: at most ${most} (limits.${name})`);

const REFUSED: HostCall = { close: () => {} };
