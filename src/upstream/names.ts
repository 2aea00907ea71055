// Addresses of host names: one query under way for a name however many wait, answers kept for a
// while, and used beyond that while a new query runs or fails. /etc/hosts counts, since the
// operating system is asked. Connects nothing.
//
//     "origin.example.com" → { addresses: [10.0.0.7, 10.0.0.8], turn: 1, askAgainMs, waiting: {} }

import { lookup as systemLookup } from "node:dns";
import type { UpstreamLimits } from "./limits.ts";

export type LookupResult = (error: Error | null, addresses: readonly string[]) => void;
/** Asks for all addresses of a name. Tests pass their own. */
export type Lookup = (name: string, done: LookupResult) => void;

export interface NameWaiter {
  /** @param addresses  in the order in which to try them, at least one */
  onAddresses(addresses: readonly string[]): void;
  onNoAddress(error: Error): void;
}

export interface NamesOptions {
  readonly limits: UpstreamLimits;
  readonly lookup?: Lookup | undefined;
  /** A clock in ms that never goes back. */
  readonly now?: (() => number) | undefined;
}

export class Names {
  readonly #limits: UpstreamLimits;
  readonly #lookup: Lookup;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: NamesOptions) {
    this.#limits = options.limits;
    this.#lookup = options.lookup ?? askSystem;
    this.#now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Answers the waiter: at once if addresses are known, never at once with a failure. */
  ask(name: string, waiter: NameWaiter): void {
    const entry = this.#entryOf(name);
    if (entry === null) {
      process.nextTick(refuse, waiter, new Error(`over ${this.#limits.namesMax} queries wait`));
      return;
    }
    if (!entry.isAsking && this.#now() >= entry.askAgainMs) this.#query(name, entry);
    if (entry.addresses.length > 0) waiter.onAddresses(inTurn(entry));
    else if (entry.isAsking) entry.waiting.add(waiter);
    else process.nextTick(refuse, waiter, entry.error ?? new Error("no address"));
  }

  /** The waiter does not wait any more. */
  forget(name: string, waiter: NameWaiter): void {
    this.#entries.get(name)?.waiting.delete(waiter);
  }

  /** An address could not be connected to: until the next answer it comes last. */
  failed(name: string, address: string): void {
    this.#entries.get(name)?.failed.add(address);
  }

  #entryOf(name: string): Entry | null {
    const known = this.#entries.get(name);
    if (known === undefined && this.#entries.size >= this.#limits.namesMax && !this.#evict()) {
      return null;
    }
    const entry = known ?? newEntry();
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  #query(name: string, entry: Entry): void {
    entry.isAsking = true;
    this.#lookup(name, (error, addresses) => {
      entry.isAsking = false;
      const waiting = [...entry.waiting];
      entry.waiting.clear();
      if (error === null && addresses.length > 0) {
        entry.addresses = [...new Set(addresses)];
        entry.failed.clear();
        entry.askAgainMs = this.#now() + this.#limits.nameTtlMs;
        for (const waiter of waiting) waiter.onAddresses(inTurn(entry));
        return;
      }
      entry.error = error ?? new Error("no address");
      entry.askAgainMs = this.#now() + this.#limits.nameFailureTtlMs;
      for (const waiter of waiting) waiter.onNoAddress(entry.error);
    });
  }

  /** Drops the name that was not used for longest. False: each is being asked for. */
  #evict(): boolean {
    for (const [name, entry] of this.#entries) {
      if (entry.isAsking) continue;
      this.#entries.delete(name);
      return true;
    }
    return false;
  }
}

interface Entry {
  addresses: readonly string[];
  /** Which of them is first the next time. */
  turn: number;
  readonly failed: Set<string>;
  error: Error | null;
  isAsking: boolean;
  askAgainMs: number;
  readonly waiting: Set<NameWaiter>;
}

const newEntry = (): Entry => ({
  addresses: [],
  turn: 0,
  failed: new Set(),
  error: null,
  isAsking: false,
  askAgainMs: Number.NEGATIVE_INFINITY,
  waiting: new Set(),
});

/** All addresses, another one first each time; those that failed come last. */
function inTurn(entry: Entry): readonly string[] {
  const { addresses, failed } = entry;
  if (addresses.length === 1) return addresses;
  const sound = addresses.filter((address) => !failed.has(address));
  const first = entry.turn++ % Math.max(sound.length, 1);
  const broken = addresses.filter((address) => failed.has(address));
  return [...sound.slice(first), ...sound.slice(0, first), ...broken];
}

function refuse(waiter: NameWaiter, error: Error): void {
  waiter.onNoAddress(error);
}

function askSystem(name: string, done: LookupResult): void {
  systemLookup(name, { all: true, order: "verbatim" }, (error, found) => {
    if (error === null)
      done(
        null,
        found.map(({ address }) => address),
      );
    else done(error, []);
  });
}
