// Counters of all proxies, as this one counts them: tells how far it has come, once its store has
// it, and takes over what all others have. Nothing of this is on a request's way: a script adds to
// a word in memory, and another word says what the others have.

import { LIMITS } from "../../base/limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { SharedCounts } from "../../control/store/cluster/shared-counts.ts";
import type { CounterTable, CounterValue } from "../../state/counters.ts";
import { OWN_MARK, othersName, ownName, scopedName } from "../../wire/scopes.ts";

export interface ClusterCountsOptions {
  readonly shared: Pick<
    SharedCounts,
    "begin" | "own" | "exchange" | "isTaken" | "newId" | "takeNewId"
  >;
  readonly counters: CounterTable;
  /** From this value on, wherever it is counted. */
  readonly set: (counter: CounterValue) => Promise<void>;
  /** Whether the store has what was counted until then. */
  readonly save: () => Promise<boolean>;
}

export class ClusterCounts {
  readonly #options: ClusterCountsOptions;
  readonly #mutex = new Mutex();
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  /** What was told before is not known here, and must not be replaced by less. */
  #isUnknown = false;
  /** For which new id it has begun to count from 0; null: for none. */
  #zeroedFor: string | null = null;

  constructor(options: ClusterCountsOptions) {
    this.#options = options;
  }

  /** Before any worker counts. The copy may be gone: what was told is what was counted. */
  async load(): Promise<void> {
    this.#isUnknown = this.#options.counters.saved(OWN_MARK).length === 0;
    if (await this.#isItsOwn()) await this.#know();
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#options.shared.begin();
    this.#again();
  }

  /** Nothing is told any more once it resolves. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#mutex.idle();
  }

  /** Never rejects: what could not be told is told the next time. */
  exchange(): Promise<void> {
    return this.#mutex.run(() => this.#exchange());
  }

  #again(): void {
    this.#timer = setTimeout(() => void this.#step(), LIMITS.counterSaveMs).unref();
  }

  async #step(): Promise<void> {
    await this.exchange();
    if (this.#isRunning) this.#again();
  }

  async #exchange(): Promise<void> {
    const { shared, counters, set, save } = this.#options;
    if (!(await this.#isItsOwn())) return;
    await this.#know();
    if (this.#isUnknown) return;
    await save();
    const own = counters.saved(OWN_MARK).map((one) => ({ ...one, ...scopedName(one.name) }));
    for (const { tenant, name, value } of (await shared.exchange(own)) ?? []) {
      const others = { tenant, name: othersName(name), value };
      if (counters.has(others) && counters.valueOf(others) !== value) await set(others);
    }
  }

  /**
   * False: a process that is started again would have what was told under another id, also where
   * the one before this was killed between its new id and that; or there is no new id yet.
   */
  async #isItsOwn(): Promise<boolean> {
    const { shared, counters, set, save } = this.#options;
    // two that tell under one id would each replace what the other counts
    if (shared.isTaken) return false;
    const id = shared.newId;
    if (id === null) return true;
    if (this.#zeroedFor !== id) {
      for (const own of counters.saved(OWN_MARK)) await set({ ...own, value: 0n });
    }
    this.#zeroedFor = id;
    return (await save()) && shared.takeNewId(id);
  }

  /** What was counted here meanwhile comes on top. */
  async #know(): Promise<void> {
    if (!this.#isUnknown) return;
    const { shared, counters } = this.#options;
    const told = await shared.own();
    if (told === null) return;
    this.#isUnknown = false;
    for (const { tenant, name, value } of told) {
      counters.add({ tenant, name: ownName(name), value });
    }
  }
}
