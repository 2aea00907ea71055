// Addresses of host names: one query under way for a name however many wait, a few at once, answers
// kept for a while, and used beyond that while a new query runs or fails. Whose names, and who is
// asked, is decided in names.ts. Connects nothing.
//
//     "origin.example.com" → { addresses: [10.0.0.7, 10.0.0.8], uses: 1, askAgainMs, waiting: {} }

import type { UpstreamLimits } from "./limits.ts";

export type LookupResult = (error: Error | null, addresses: readonly string[]) => void;
/** Asks for all addresses of a name. Tests pass their own. */
export type Lookup = (name: string, done: LookupResult) => void;

export interface NameWaiter {
  /** @param addresses  in the order in which to try them, at least one */
  onAddresses(addresses: readonly string[]): void;
  onNoAddress(error: Error): void;
}

export interface NameTableOptions {
  readonly limits: Pick<UpstreamLimits, "nameTtlMs" | "nameFailureTtlMs">;
  /** Names that are remembered, those that are kept apart. */
  readonly namesMax: number;
  readonly queriesMax: number;
  readonly lookup: Lookup;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

export class NameTable {
  readonly #options: NameTableOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Never forgotten. */
  #kept: ReadonlySet<string> = new Set();
  #queries = 0;
  /** To be asked for as soon as others have been answered. */
  readonly #queued = new Set<Entry>();

  constructor(options: NameTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isAsking(): boolean {
    return this.#queries > 0;
  }

  /** Asks for those of them that are new, and forgets none of them as long as they are kept. */
  keep(names: Iterable<string>): void {
    const gone = this.#kept;
    this.#kept = new Set(names);
    for (const name of this.#kept) {
      if (!this.#entries.has(name)) this.#query(this.#enter(name));
    }
    for (const name of gone) {
      if (!this.#kept.has(name) && this.#entries.get(name)?.isAsking === false) {
        this.#entries.delete(name);
      }
    }
  }

  /** Answers the waiter: at once if addresses are known, never at once with a failure. */
  ask(name: string, waiter: NameWaiter): void {
    const entry = this.#entryOf(name);
    if (entry === null) {
      process.nextTick(refuse, waiter, new Error(`over ${this.#options.namesMax} queries wait`));
      return;
    }
    if (!entry.isAsking && this.#options.now() >= entry.askAgainMs) this.#query(entry);
    if (entry.addresses.length > 0) waiter.onAddresses(rotated(entry));
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
    const isFull = this.#entries.size >= this.#options.namesMax + this.#kept.size;
    if (known === undefined && isFull && !this.#evict()) return null;
    return this.#enter(name, known);
  }

  #enter(name: string, entry = newEntry(name)): Entry {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  #query(entry: Entry): void {
    entry.isAsking = true;
    if (this.#queries >= this.#options.queriesMax) {
      this.#queued.add(entry);
      return;
    }
    this.#queries++;
    this.#options.lookup(entry.name, (error, addresses) => {
      this.#queries--;
      this.#answered(entry, error, addresses);
      const [next] = this.#queued;
      if (next === undefined) return;
      this.#queued.delete(next);
      this.#query(next);
    });
  }

  #answered(entry: Entry, error: Error | null, addresses: readonly string[]): void {
    const { limits, now } = this.#options;
    entry.isAsking = false;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    if (error === null && addresses.length > 0) {
      entry.addresses = [...new Set(addresses)];
      entry.failed.clear();
      entry.askAgainMs = now() + limits.nameTtlMs;
      for (const waiter of waiting) waiter.onAddresses(rotated(entry));
      return;
    }
    entry.error = error ?? new Error("no address");
    entry.askAgainMs = now() + limits.nameFailureTtlMs;
    for (const waiter of waiting) waiter.onNoAddress(entry.error);
  }

  /** Drops the name that was not used for longest. False: each is being asked for. */
  #evict(): boolean {
    for (const [name, entry] of this.#entries) {
      if (entry.isAsking || this.#kept.has(name)) continue;
      this.#entries.delete(name);
      return true;
    }
    return false;
  }
}

interface Entry {
  readonly name: string;
  addresses: readonly string[];
  /** Which of them is first the next time. */
  uses: number;
  readonly failed: Set<string>;
  error: Error | null;
  isAsking: boolean;
  askAgainMs: number;
  readonly waiting: Set<NameWaiter>;
}

const newEntry = (name: string): Entry => ({
  name,
  addresses: [],
  uses: 0,
  failed: new Set(),
  error: null,
  isAsking: false,
  askAgainMs: Number.NEGATIVE_INFINITY,
  waiting: new Set(),
});

/** All addresses, another one first each time; those that failed come last. */
function rotated(entry: Entry): readonly string[] {
  const { addresses, failed } = entry;
  if (addresses.length === 1) return addresses;
  const sound = addresses.filter((address) => !failed.has(address));
  const first = entry.uses++ % Math.max(sound.length, 1);
  const broken = addresses.filter((address) => failed.has(address));
  return [...sound.slice(first), ...sound.slice(0, first), ...broken];
}

function refuse(waiter: NameWaiter, error: Error): void {
  waiter.onNoAddress(error);
}
