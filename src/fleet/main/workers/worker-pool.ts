// The worker threads together: started, listening, moved from one generation to the next,
// watched, drained. A worker that ends by itself is replaced by one with the generation that
// serves. One whose heart stands still is reported: nothing but the end of the process ends a
// native loop in an isolate.

import type { Address } from "../../../base/config/address.ts";
import { LIMITS } from "../../../base/limits.ts";
import { within } from "../../../base/within.ts";
import type { MetricsSnapshot } from "../../../observe/metrics.ts";
import type { TailSubscription } from "../../../observe/tail-batch.ts";
import { CellFleet } from "../../cells/cell-fleet.ts";
import type { ListenerSockets } from "../../handover/inherited.ts";
import type { CellNews } from "../../shared/cell-messages.ts";
import type { Generation, Listening } from "../../shared/messages.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import { Deaths } from "./deaths.ts";
import { beginFirst } from "./first-generation.ts";
import { expectFree, lockPorts } from "./free-ports.ts";
import { StuckWatch } from "./stuck-watch.ts";
import { newSpecs, specsOf, warnOfMissing } from "./worker-listeners.ts";
import type { DrainOptions, WorkerPoolOptions } from "./worker-pool-options.ts";
import { WorkerThread } from "./worker-thread.ts";

export class WorkerPool {
  readonly count: number;
  readonly cells: CellFleet;
  /** Resolves when the pool gives up. */
  readonly failure: Promise<string>;
  readonly #options: WorkerPoolOptions;
  readonly #threads = new Set<WorkerThread>();
  readonly #watch: StuckWatch;
  /** Those that serve what the pool serves; the rest are on their way there. */
  readonly #ready = new Set<WorkerThread>();
  #generation: Generation;
  #listening: readonly Address[] = [];
  readonly #deaths = new Deaths();
  #isEnding = false;
  #tails: readonly TailSubscription[] = [];
  #giveUp: (reason: string) => void = () => {};

  constructor(options: WorkerPoolOptions, generation: Generation) {
    this.count = options.count;
    this.#options = options;
    this.#generation = generation;
    this.failure = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
    const { logger, metrics, init } = options;
    const workers = () => [...this.#threads];
    this.cells = new CellFleet({ ...init, cells: init.config.cells, logger, metrics, workers });
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
  get hooks(): ReadonlyMap<string, number> {
    return [...this.#ready][0]?.hooks ?? new Map();
  }

  /** The descriptors of each listener, in the order of the configuration. */
  get descriptors(): readonly (readonly number[])[] {
    const threads = [...this.#threads];
    return this.#listening.map((_, i) =>
      threads.flatMap(({ listening }) => listening[i]?.descriptors ?? []),
    );
  }

  /** Every worker is prepared, and serves nobody yet. */
  async begin(): Promise<void> {
    const threads = Array.from({ length: this.count }, (_, i) => this.#spawn(i + 1));
    const begin = (thread: WorkerThread, generation: Generation): Promise<void> => {
      this.#generation = generation;
      return this.#begin(thread);
    };
    const { logger } = this.#options;
    await beginFirst(this.#generation, { threads, cells: this.cells, begin, logger });
  }

  /** All listen: the first one settles what port 0 means. */
  async listen(sockets: readonly ListenerSockets[]): Promise<readonly Address[]> {
    let places = sockets.map(({ at }) => at);
    const isShared = this.#options.init.reusePort;
    using _lock = isShared ? await lockPorts() : null;
    if (isShared) await expectFree(sockets);
    for (const thread of [...this.#threads]) {
      const share = { worker: thread.index - 1, of: this.count };
      const listening = await thread.listen(specsOf(sockets, places, share));
      this.#noteMissing(thread.index, listening);
      places = listening.map(({ at }) => at);
    }
    this.#listening = places;
    return places;
  }

  /** Throws NotReadyError, with nothing changed anywhere, unless every worker is prepared. */
  async prepare(generation: Generation): Promise<void> {
    const threads = [...this.#ready];
    const { prepareMs } = generation.config.timeouts;
    const message = `workers were not ready within ${prepareMs} ms (timeouts.prepareMs)`;
    try {
      const ready = await within(prepareMs, this.#prepareAll(generation, threads));
      if (ready === null) throw new NotReadyError(message, true);
    } catch (thrown) {
      // not awaited: a worker that is busy would hold up the answer that it is
      void this.abandon(generation);
      if (thrown instanceof NotReadyError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new NotReadyError(reason, false, { cause: thrown });
    }
  }

  /** In cells first: a worker's lanes lead there. */
  async #prepareAll(generation: Generation, threads: readonly WorkerThread[]): Promise<true> {
    await this.cells.prepare(generation);
    const loads = this.cells.loads();
    await Promise.all(threads.map((thread) => thread.prepare(generation, loads)));
    return true;
  }

  /** What was prepared is not wanted any more. */
  async abandon({ number }: Generation): Promise<void> {
    this.cells.abandon();
    await Promise.allSettled([...this.#threads].map((thread) => thread.abandon(number)));
  }

  /** After `prepare`: every worker swaps. One that dies now comes back with this generation. */
  async commit(generation: Generation): Promise<void> {
    this.#generation = generation;
    const { logger } = this.#options;
    const committed = [...this.#ready].map(async (thread) => {
      try {
        await thread.commit(generation);
      } catch (thrown) {
        // no worker may serve anything else than the others do: its successor will not
        const fields = { worker: thread.index, err: thrown };
        logger.error(fields, "a worker could not change over: it is replaced");
        await thread.end();
      }
    });
    await Promise.all(committed);
    await this.cells.commit(generation);
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    const answers = await Promise.all([...this.#threads].map((thread) => thread.metrics()));
    return answers.filter((answer) => answer !== null);
  }

  /** Resolves when every worker knows who reads the tail, or is busy for long. */
  async tail(subscriptions: readonly TailSubscription[]): Promise<void> {
    this.#tails = subscriptions;
    const told = [...this.#threads].map((thread) => thread.tail(subscriptions));
    await within(LIMITS.tailOpenMs, Promise.all(told));
  }

  /** True: every exchange came to its end in time. Afterwards tunnels are told to end. */
  async drain(options: DrainOptions): Promise<boolean> {
    this.#isEnding = true;
    const { closesTunnels, withinMs, forced } = options;
    const drained = this.#closeAndDrain(options).then(() => true);
    const isDone =
      (await within(withinMs, Promise.race([drained, forced.then(() => false)]))) ?? false;
    if (!isDone && !closesTunnels) await this.#endTunnels(drained);
    return isDone;
  }

  async #closeAndDrain({ graceMs, closesTunnels, closed }: DrainOptions): Promise<void> {
    const threads = [...this.#threads];
    await Promise.all(threads.map((thread) => thread.close(graceMs, closesTunnels)));
    closed();
    await Promise.all(threads.map((thread) => thread.drain()));
  }

  /** False: a worker is in a native loop, which the end of the process alone ends. */
  async end(): Promise<boolean> {
    this.#isEnding = true;
    this.#watch.stop();
    const ended = await Promise.all([...this.#threads].map((thread) => thread.end()));
    this.cells.end();
    return !ended.includes(false);
  }

  /** Time for close frames to leave and to be answered. */
  async #endTunnels(drained: Promise<unknown>): Promise<void> {
    for (const thread of this.#threads) void thread.closeTunnels();
    await within(LIMITS.lingerMs, drained);
  }

  #spawn(index: number): WorkerThread {
    const { init, output } = this.#options;
    const config = this.#generation.config;
    const onCells = (worker: number, news: CellNews): void => this.cells.heard(worker, news);
    const thread = new WorkerThread(index, { ...init, config }, { ...output, onCells });
    this.#threads.add(thread);
    thread.ended.then((reason) => {
      this.#threads.delete(thread);
      this.#ready.delete(thread);
      if (!this.#isEnding) this.#replace(index, reason);
    });
    return thread;
  }

  async #begin(thread: WorkerThread): Promise<void> {
    let generation: Generation;
    do {
      generation = this.#generation;
      await thread.prepare(generation, this.cells.loads());
      await thread.commit(generation);
      // what changed meanwhile was prepared on the others only
    } while (generation !== this.#generation);
    this.#ready.add(thread);
    if (this.#tails.length > 0) await thread.tail(this.#tails);
  }

  #noteMissing(worker: number, listening: readonly Listening[]): void {
    if (this.#options.init.reusePort) warnOfMissing(this.#options.logger, worker, listening);
  }

  #replace(index: number, reason: string): void {
    const { logger } = this.#options;
    logger.error({ worker: index, reason }, "a worker ended by itself");
    if (this.#deaths.add()) {
      this.#giveUp("workers failed");
      return;
    }
    this.#restart(index).catch((error: Error) => {
      if (!this.#isEnding) logger.error({ worker: index }, error.message);
    });
  }

  async #restart(index: number): Promise<void> {
    const thread = this.#spawn(index);
    this.cells.renew(index);
    await this.#begin(thread);
    this.#noteMissing(index, await thread.listen(newSpecs(this.#listening, this.count > 1)));
    if (this.descriptors.some((all) => all.length === 0)) this.#giveUp("workers failed");
  }
}
