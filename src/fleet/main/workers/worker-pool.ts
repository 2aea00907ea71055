// All worker threads together: they start, listen, move from one generation to the next, and
// drain. Each has a slot, which sees to its replacement (worker-slot.ts). A worker whose heart
// stands still is reported: nothing but the end of the process ends a native loop in an isolate.

import type { Address } from "../../../base/config/address.ts";
import { LIMITS } from "../../../base/limits.ts";
import { within } from "../../../base/within.ts";
import { EndedCounts } from "../../../observe/ended-counts.ts";
import { CellFleet } from "../../cells/cell-fleet.ts";
import type { ListenerSockets } from "../../handover/inherited.ts";
import type { Generation, LookAt, ToldToAll } from "../../shared/messages.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import { beginFirst } from "./first-generation.ts";
import { expectFree, lockPorts } from "./free-ports.ts";
import { StuckWatch } from "./stuck-watch.ts";
import { bounded } from "./thread-output.ts";
import { newSpecs, specsOf, warnOfMissing } from "./worker-listeners.ts";
import type { DrainOptions, WorkerPoolOptions } from "./worker-pool-options.ts";
import { Deaths, type HookMasks, WorkerSlot } from "./worker-slot.ts";
import { WorkerThread } from "./worker-thread.ts";

export class WorkerPool {
  readonly count: number;
  readonly cells: CellFleet;
  /** What workers that are gone had counted. */
  readonly ended = new EndedCounts();
  /** Resolves when the pool gives up. */
  readonly failure: Promise<string>;
  readonly #options: WorkerPoolOptions;
  readonly #watch: StuckWatch;
  #slots: readonly WorkerSlot<WorkerThread>[] = [];
  #generation: Generation;
  /** For a change that is neither committed nor abandoned. */
  #preparing: Generation | null = null;
  #hooks: HookMasks = new Map();
  #listening: readonly Address[] = [];
  readonly #deaths = new Deaths();
  readonly #told = new Map<ToldToAll["type"], ToldToAll>();
  #giveUp: (reason: string) => void = () => {};

  constructor(options: WorkerPoolOptions, generation: Generation) {
    this.count = options.count;
    this.#options = options;
    this.#generation = generation;
    this.failure = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
    const { init } = options;
    const workers = () => this.#threads;
    this.cells = new CellFleet({ ...options, ...init, cells: init.config.cells, workers });
    const watched = () => ({ threads: this.#threads, generation: this.#generation });
    this.#watch = new StuckWatch(watched, options.onStuck);
  }

  /** What serves. */
  get generation(): Generation {
    return this.#generation;
  }

  /** Where the workers listen, in the order of the configuration. */
  get listening(): readonly Address[] {
    return this.#listening;
  }

  /** Masks of the hooks of what was prepared last and is new, by the hashes of its scripts. */
  get hooks(): HookMasks {
    return this.#hooks;
  }

  /** The descriptors of each listener, in the order of the configuration. */
  get descriptors(): readonly (readonly number[])[] {
    return this.#listening.map((_, i) =>
      this.#threads.flatMap(({ listening }) => listening[i]?.descriptors ?? []),
    );
  }

  /** Those that have not ended. */
  get #threads(): readonly WorkerThread[] {
    return this.#slots.flatMap(({ thread }) => thread ?? []);
  }

  /** Every worker is prepared, and serves nobody yet. */
  async begin(): Promise<void> {
    this.#slots = Array.from({ length: this.count }, (_, i) => this.#slot(i + 1));
    const begin = (generation: Generation): Promise<void> => this.#begin(generation);
    const prepareInOne = async (generation: Generation): Promise<void> =>
      void (await this.#threads[0]?.prepare(generation, this.cells.loads()));
    const parts = { cells: this.cells, begin, prepareInOne, logger: this.#options.logger };
    await beginFirst(this.#generation, parts);
  }

  async #begin(generation: Generation): Promise<void> {
    this.#generation = generation;
    const begun = await Promise.allSettled(this.#slots.map((slot) => slot.begin()));
    for (const one of begun) {
      if (one.status === "rejected") throw one.reason;
      this.#hooks = one.value;
    }
  }

  /** All listen: the first one settles what port 0 means. */
  async listen(sockets: readonly ListenerSockets[]): Promise<readonly Address[]> {
    let places = sockets.map(({ at }) => at);
    const isShared = this.#options.init.reusePort;
    using _lock = isShared ? await lockPorts() : null;
    if (isShared) await expectFree(sockets);
    for (const thread of this.#threads) {
      const share = { worker: thread.index - 1, of: this.count };
      const listening = await thread.listen(specsOf(sockets, places, share));
      if (isShared) warnOfMissing(this.#options.logger, thread.index, listening);
      places = listening.map(({ at }) => at);
    }
    this.#listening = places;
    return places;
  }

  /** Throws NotReadyError, with nothing changed anywhere, unless every worker is prepared. */
  async prepare(generation: Generation): Promise<void> {
    const { prepareMs } = generation.config.timeouts;
    const late = `workers were not ready within ${prepareMs} ms (timeouts.prepareMs)`;
    this.#preparing = generation;
    try {
      const isReady = await within(prepareMs, this.#prepareAll(generation));
      if (isReady === null) throw new NotReadyError(late, true);
    } catch (thrown) {
      // not awaited: a worker that is busy would hold up the answer that it is
      void this.abandon(generation);
      if (thrown instanceof NotReadyError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new NotReadyError(reason, false, { cause: thrown });
    }
  }

  /** In cells first: a worker's lanes lead there. */
  async #prepareAll(generation: Generation): Promise<true> {
    await this.cells.prepare(generation);
    // abandoned meanwhile: workers may be preparing the next change
    if (this.#preparing !== generation) return true;
    const prepared = await Promise.all(this.#slots.map((slot) => slot.prepare(generation)));
    const masks = prepared.find((one) => one !== null);
    // nobody has tried it: it might start nowhere
    if (masks === undefined) throw new NotReadyError("no worker serves: all are replaced", true);
    if (this.#preparing === generation) this.#hooks = masks;
    return true;
  }

  /** What was prepared is not wanted any more. */
  async abandon(generation: Generation): Promise<void> {
    this.#preparing = null;
    this.cells.abandon();
    await Promise.allSettled(this.#slots.map((slot) => slot.abandon(generation)));
  }

  /** After `prepare`: every worker swaps. One that dies now comes back with this generation. */
  async commit(generation: Generation): Promise<void> {
    this.#preparing = null;
    this.#generation = generation;
    await Promise.all(this.#slots.map((slot) => slot.commit(generation)));
    await this.cells.commit(generation);
  }

  /** What each worker has counted, or had when it said so last. */
  readonly counted = () => Promise.all(this.#threads.map(({ counted }) => counted.look()));

  /** Of each worker that replies in time. */
  readonly look: LookAt = async (request) => {
    const all = await Promise.all(this.#threads.map((thread) => thread.look(request)));
    return all.filter((one) => one !== null);
  };

  /** Resolves when every worker knows, or is busy for long. */
  async tell(news: ToldToAll): Promise<void> {
    this.#told.set(news.type, news);
    const told = this.#threads.map((thread) => thread.tell(news));
    await within(LIMITS.tailOpenMs, Promise.all(told));
  }

  /** True: every exchange came to its end in time. Afterwards tunnels are told to end. */
  async drain(options: DrainOptions): Promise<boolean> {
    for (const slot of this.#slots) slot.giveUp();
    const { closesTunnels, withinMs, forced } = options;
    const drained = this.#closeAndDrain(options).then(() => true);
    const isDone =
      (await within(withinMs, Promise.race([drained, forced.then(() => false)]))) ?? false;
    if (isDone || closesTunnels) return isDone;
    // time for close frames to leave and to be answered
    for (const thread of this.#threads) void thread.closeTunnels();
    await within(LIMITS.lingerMs, drained);
    return false;
  }

  async #closeAndDrain({ graceMs, closesTunnels, closed }: DrainOptions): Promise<void> {
    const threads = this.#threads;
    await Promise.all(threads.map((thread) => thread.close(graceMs, closesTunnels)));
    closed();
    await Promise.all(threads.map((thread) => thread.drain()));
  }

  /** False: a worker is in a native loop, which the end of the process alone ends. */
  async end(): Promise<boolean> {
    for (const slot of this.#slots) slot.giveUp();
    this.#watch.stop();
    const ended = await Promise.all(this.#threads.map((thread) => thread.end()));
    this.cells.end();
    return !ended.includes(false);
  }

  #slot(index: number): WorkerSlot<WorkerThread> {
    const { logger, onDeath } = this.#options;
    return new WorkerSlot({
      spawn: () => this.#spawn(index),
      live: () => this.#generation,
      loads: () => this.cells.loads(),
      died: (reason, thread) => {
        this.ended.add(thread.counted.last);
        logger.error({ worker: index, reason }, "a worker ended by itself");
        onDeath(index);
        const isTooOften = this.#deaths.add();
        if (isTooOften) this.#giveUp("workers failed");
        return !isTooOften;
      },
      replaced: () => this.cells.renew(index),
      serve: (thread) => this.#serve(thread),
      failed: (thrown, tries) => this.#failed(index, thrown, tries),
    });
  }

  #spawn(index: number): WorkerThread {
    const { init, output } = this.#options;
    const { spanWindow, told } = bounded({ ...output, onCells: this.cells.heard });
    return new WorkerThread(index, { ...init, config: this.#generation.config, spanWindow }, told);
  }

  /** A replacement that has what is live. */
  async #serve(thread: WorkerThread): Promise<void> {
    for (const news of this.#told.values()) await thread.tell(news);
    const specs = newSpecs(this.#listening, this.count > 1);
    const listening = await thread.listen(specs);
    const { logger, init } = this.#options;
    if (init.reusePort) warnOfMissing(logger, thread.index, listening);
    if (this.descriptors.some((all) => all.length === 0)) this.#giveUp("workers failed");
  }

  #failed(worker: number, thrown: unknown, tries: number): void {
    const fields = { worker, tries, err: thrown };
    this.#options.logger.error(fields, "a worker could not serve what is live");
    const isAnyServing = this.#slots.some(({ state }) => state === "serving");
    if (!isAnyServing && tries >= LIMITS.workerTries) this.#giveUp("workers failed");
  }
}
