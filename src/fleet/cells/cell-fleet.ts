// All cells of this process. Loads scripts into them, moves tenants between them, and replaces
// dead ones. Work for one tenant runs one piece after the other; tenants do not wait for each
// other.

import type { CellsConfig } from "../../base/config/types.ts";
import { within } from "../../base/within.ts";
import type { TenantProcesses } from "../../control/live.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { FLIGHT, type Flight } from "../../sandbox/cell/flight.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { CellCounts } from "../../state/cell-counts.ts";
import type { CounterBuffers } from "../../state/counter-memory.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import { breakerChanged } from "../shared/breaker-news.ts";
import type { CellLoad, CellNews } from "../shared/cell-messages.ts";
import type { Generation } from "../shared/messages.ts";
import { NotReadyError } from "../shared/start-errors.ts";
import { CellBlame } from "./cell-blame.ts";
import { CellEntries, type Entry, tryScript, type Wanted, wantedOf } from "./cell-entries.ts";
import { isWornOut, noteReport, setCellFigures } from "./cell-health.ts";
import { CellMoves } from "./cell-moves.ts";
import type { CellProcess } from "./cell-process.ts";
import { CellStarter, type CellWorker } from "./cell-starter.ts";
import { CellWatch, type Sentence } from "./cell-watch.ts";
import type { CellReport } from "./cell-words.ts";
import { type TenantPlace, TenantPlaces } from "./places.ts";
import { ReturnToService } from "./return-to-service.ts";
import { SpareCell } from "./spare-cell.ts";
import { TenantTrust } from "./tenant-trust.ts";

export interface CellFleetOptions {
  readonly runtime: RuntimeCode;
  readonly cells: CellsConfig;
  readonly counters: CounterBuffers;
  readonly limits: LimitTables;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly workers: () => readonly CellWorker[];
}

/** How often tenants are looked at whose time has come. */
const SWEEP_MS = 1_000;

export class CellFleet {
  readonly #options: CellFleetOptions;
  readonly #trust: TenantTrust;
  readonly #places: TenantPlaces;
  readonly #entries = new CellEntries();
  readonly #starter: CellStarter;
  readonly #spare: SpareCell;
  readonly moves: CellMoves;
  readonly #blame: CellBlame;
  readonly #returns: ReturnToService;
  readonly #watch: CellWatch;
  readonly #sweeper: NodeJS.Timeout;
  readonly #sentences = new WeakMap<CellProcess, Sentence>();
  #serving: Generation | null = null;
  #preparing: Generation | null = null;
  #isEnding = false;

  constructor(options: CellFleetOptions) {
    this.#options = options;
    const { runtime, counters, limits, logger, workers, cells } = options;
    this.#starter = new CellStarter({
      runtime,
      cells,
      logger,
      workers,
      onReport: (id, report) => this.#reported(id, report),
      onEnd: (process, how) => this.#ended(process, how),
    });
    this.#spare = new SpareCell({
      start: this.#starter.start,
      onFailure: (error) => logger.error({ err: error }, "a cell did not start"),
    });
    this.#trust = new TenantTrust((tenant, state) =>
      breakerChanged({ tenant, deployment: null, state }, options),
    );
    this.#places = new TenantPlaces(this.#trust);
    const known = { places: this.#places, trust: this.#trust };
    const own = { counts: new CellCounts(counters), limits, starter: this.#starter };
    this.moves = new CellMoves({ ...known, ...own, spare: this.#spare });
    this.#blame = new CellBlame({ ...known, entries: this.#entries });
    this.#returns = new ReturnToService({ ...known, entries: this.#entries, moves: this.moves });
    this.#watch = new CellWatch(
      this.#starter.alive,
      (flight) => this.#budgetMs(flight),
      (process, sentence) => this.#condemn(process, sentence),
    );
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Every script of the generation is loaded in a cell, or NotReadyError is thrown. */
  async prepare(generation: Generation): Promise<void> {
    this.#preparing = generation;
    await NotReadyError.unlessAll(wantedOf(generation).map((one) => this.#loaded(one)));
  }

  /** It serves now. A first script does not wait for a process to start. */
  async commit(generation: Generation): Promise<void> {
    const returned = this.#returns.changed(this.#serving, generation);
    this.#serving = generation;
    this.#trust.keep(new Set(generation.tenants.map(({ id }) => id)));
    this.abandon();
    if (generation.tenants.some(({ config }) => config.isolation === "process")) this.#spare.warm();
    // at most, since other changes wait for this one
    await within(generation.config.timeouts.prepareMs, returned);
  }

  abandon(): void {
    this.#preparing = null;
    this.#returns.leave();
    this.#unload();
  }

  /** What workers must know of the scripts. */
  loads(): CellLoad[] {
    return this.#entries.loads();
  }

  readonly heard = (worker: number, news: CellNews): void => {
    if (news.type === "held") {
      this.#entries.held(worker, news.key, news.by);
      if (news.by < 0) this.#unload();
      return;
    }
    const { cell, message } = news;
    this.#options.logger.error({ cell, worker }, `a cell wrote what none of ours does: ${message}`);
    for (const { process } of this.#places.cells) if (process.id === cell) process.kill();
  };

  /** A worker was replaced: no cell has sockets to the new one, so all of them are. */
  renew(worker: number): void {
    this.#entries.workerGone(worker);
    this.#spare.renew();
    this.#returns.tellAgain();
    for (const cell of [...this.#places.cells]) void this.moves.leave(cell);
  }

  /** How far a tenant is trusted. */
  readonly trustOf = (tenant: string): TenantProcesses => this.#trust.of(tenant);

  /** Takes a tenant back whose breaker is open or disabled. False: it was in service. */
  readonly enable = (tenant: string): boolean => this.#returns.enable(tenant);

  end(): void {
    this.#isEnding = true;
    this.moves.end();
    clearInterval(this.#sweeper);
    this.#watch.stop();
    this.#spare.close();
    for (const process of this.#starter.alive) process.kill();
  }

  /** Under the place's mutex. */
  async #trial(place: TenantPlace, entry: Entry): Promise<void> {
    try {
      // where its requests are refused, they still are, whatever comes of this
      if (place.cell === null) await this.#returns.house(place);
      entry.hooks = await tryScript(place, entry);
    } catch (thrown) {
      this.#entries.delete(entry);
      throw thrown;
    }
  }

  #loaded(wanted: Wanted, entry = this.#entries.of(wanted)): Promise<void> {
    const { isolationGroup } = wanted.spec.config;
    const place = this.#places.of(wanted.spec.id, isolationGroup);
    return place.mutex.run(async () => {
      if (place.group !== isolationGroup) await this.#regroup(place, isolationGroup);
      if (entry.hooks === null) await this.#trial(place, entry);
    });
  }

  async #regroup(place: TenantPlace, group: string): Promise<void> {
    await this.moves.moveOut(place);
    place.group = group;
    if (place.deployments.size > 0) await this.moves.settle(place);
  }

  /** No generation and no lane needs them any more. */
  #unload(): void {
    const generations = [this.#serving, this.#preparing].filter((one) => one !== null);
    void this.moves.forget(this.#places.forget(generations));
    for (const entry of this.#entries.unused(generations)) {
      this.#entries.delete(entry);
      const place = this.#places.get(entry.deployment.tenant);
      if (place?.deployments.delete(entry.key) !== true) continue;
      place.cell?.process.tell({ type: "unload", key: entry.key });
      if (place.deployments.size > 0) continue;
      void place.mutex.run(async () => {
        if (place.deployments.size === 0) await this.moves.moveOut(place);
      });
    }
  }

  #budgetMs({ key, state }: Flight): number {
    const deployment = this.#entries.get(key)?.deployment;
    if (deployment === undefined) return 0;
    return state === FLIGHT.start ? STARTS * deployment.startupMs : deployment.hookMs;
  }

  #condemn(process: CellProcess, sentence: Sentence): void {
    if (this.#sentences.has(process)) return;
    this.#sentences.set(process, sentence);
    process.kill();
  }

  /** It is gone, and all that it wrote has been read. */
  #ended(process: CellProcess, how: string): void {
    const cell = [...this.#places.cells].find((one) => one.process === process);
    if (cell === undefined || this.#isEnding) return;
    this.#places.delete(cell);
    const sentence = this.#sentences.get(process) ?? process.ownSentence;
    const { metrics, logger } = this.#options;
    if (!cell.isLeaving) {
      metrics.counter("sluice_cell_deaths_total", sentence ?? how).add();
      const tenant = this.#blame.of(cell, { sentence, how });
      logger.error({ cell: process.id, how, sentence, tenant }, "a cell died");
    }
    for (const place of cell.places) {
      void place.mutex.run(async () => {
        if (place.cell !== cell) return;
        place.cell = null;
        await this.moves.settle(place);
      });
    }
  }

  #reported(id: number, report: CellReport): void {
    const cell = [...this.#places.cells].find(({ process }) => process.id === id);
    if (cell === undefined) return;
    noteReport(cell, report);
    if (!cell.isLeaving && isWornOut(cell, report)) void this.moves.leave(cell);
  }

  #sweep(): void {
    setCellFigures(this.#options.metrics, this.#places.cells);
    this.#returns.sweep();
  }
}

/** The top level of a script runs, and an isolate is made around it. */
const STARTS = 2;
