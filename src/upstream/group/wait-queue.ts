// Who waits for a peer of a group that has no room, in one worker. First come, first served, over
// all workers: each shows the ticket of its first, and the lowest has the next turn. A worker that
// does not take its turn, since it is busy or gone, holds up the others for one look at most.
//
// Whatever is given back changes a word of the group's memory, on which every worker that waits
// sleeps (41 µs to wake one, where a message takes longer).

import { HEADER, WORKER, workerAt } from "./layout.ts";
import type { GroupSeat } from "./member.ts";
import type { GroupTable } from "./table.ts";

/** How often deadlines are looked at, and whether a turn was not taken: as base/clock.ts. */
const LOOK_MS = 50;

export interface Waiter {
  /** There may be room. False: there is none; it keeps its place. */
  onTurn(): boolean;
  /** It has waited too long. */
  onLate(): void;
}

export interface Waiting {
  /** It does not wait any more. Idempotent. */
  cancel(): void;
}

export interface WaitQueueOptions extends GroupSeat {
  /** Of all workers. */
  readonly queuedMax: number;
  readonly waitMs: number;
  /** Something was given back somewhere, while others wait. False: it need not be told again. */
  readonly onWake: () => boolean;
  readonly now: () => number;
}

interface Entry {
  readonly waiter: Waiter;
  readonly ticket: number;
  readonly deadlineMs: number;
}

export class WaitQueue {
  readonly #options: WaitQueueOptions;
  readonly #table: GroupTable;
  readonly #at: number;
  readonly #entries: Entry[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isListening = false;

  constructor(options: WaitQueueOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#at = workerAt(options.table.shared, options.worker);
  }

  /** Somebody waits, here or in another worker. */
  get isBusy(): boolean {
    return this.#table.sumOfWorkers("queued") > 0;
  }

  /** Null: too many wait already. */
  enter(waiter: Waiter): Waiting | null {
    const { words } = this.#table;
    const { queuedMax, waitMs, now } = this.#options;
    if (this.#table.sumOfWorkers("queued") >= queuedMax) return null;
    const ticket = nextTicket(words);
    const entry = { waiter, ticket, deadlineMs: now() + waitMs };
    this.#entries.push(entry);
    this.#show();
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    this.listen();
    return { cancel: () => this.#remove(entry) };
  }

  /** Sleeps until something is given back. */
  listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const { words } = this.#table;
    const seen = Atomics.load(words, HEADER.wake);
    // what was given back before the word was read is seen now
    setImmediate(() => {
      this.#serve(false);
      const sleep = Atomics.waitAsync(words, HEADER.wake, seen);
      if (!sleep.async) return this.#woken();
      void sleep.value.then(() => this.#woken());
    });
  }

  #woken(): void {
    this.#isListening = false;
    // who waits here takes what rests here, before it is closed for others
    this.#serve(false);
    const isWanted = this.#options.onWake();
    if (isWanted || this.#entries.length > 0) this.listen();
  }

  #look(): void {
    const nowMs = this.#options.now();
    for (const entry of this.#entries.filter(({ deadlineMs }) => deadlineMs <= nowMs)) {
      if (this.#remove(entry)) entry.waiter.onLate();
    }
    this.#serve(true);
  }

  /** @param isOverdue  others who are before us have had their time */
  #serve(isOverdue: boolean): void {
    for (;;) {
      const [first] = this.#entries;
      if (first === undefined || (!isOverdue && !this.#isFirst(first))) return;
      if (!first.waiter.onTurn()) return;
      this.#remove(first);
    }
  }

  #isFirst({ ticket }: Entry): boolean {
    const { shared, words } = this.#table;
    for (let worker = 0; worker < shared.workers; worker++) {
      const head = Atomics.load(words, workerAt(shared, worker) + WORKER.head);
      if (head !== 0 && (head - ticket) << 1 < 0) return false;
    }
    return true;
  }

  #remove(entry: Entry): boolean {
    const at = this.#entries.indexOf(entry);
    if (at === -1) return false;
    this.#entries.splice(at, 1);
    this.#show();
    // its place was the first: whoever is next may be in another worker
    if (at === 0) this.#table.wakeIfAnyWaits();
    if (this.#entries.length > 0 || this.#timer === null) return true;
    clearInterval(this.#timer);
    this.#timer = null;
    return true;
  }

  #show(): void {
    const { words } = this.#table;
    Atomics.store(words, this.#at + WORKER.queued, this.#entries.length);
    Atomics.store(words, this.#at + WORKER.head, this.#entries[0]?.ticket ?? 0);
  }
}

/** Tickets go round after 2^31; 0 is none. */
function nextTicket(words: Int32Array): number {
  const ticket = (Atomics.add(words, HEADER.tickets, 1) & 0x7fff_ffff) + 1;
  return ticket & 0x7fff_ffff || 1;
}
