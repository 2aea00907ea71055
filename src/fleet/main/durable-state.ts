// What a running proxy keeps beyond its end (counters, flags and secrets), and which process may
// change it: this one, until a handover begins; from then on the successor. Two processes that
// change it at once would each miss what the other did.

import { randomUUID } from "node:crypto";
import { nameOfIdentity } from "../../base/identity.ts";
import { LIMITS } from "../../base/limits.ts";
import { within } from "../../base/within.ts";
import type { ApiParts } from "../../control/api/parts.ts";
import type { SqlStore } from "../../control/store/sql-store.ts";
import type { Logger } from "../../observe/log.ts";
import type { ScriptValues } from "../../sandbox/values.ts";
import { createCounterBuffers } from "../../state/counter-memory.ts";
import { CounterTable, type CounterValue } from "../../state/counters.ts";
import { PREDECESSOR } from "../../state/limit-holds.ts";
import { LimitTables } from "../../state/limit-tables.ts";
import type { MemoryCaches } from "../../state/memory-caches.ts";
import { GroupControls } from "../../upstream/control/group-controls.ts";
import type { CellFleet } from "../cells/cell-fleet.ts";
import type { Inheritance, StillCounted } from "../handover/inherited.ts";
import { ValuesWriter } from "../shared/script-values.ts";
import { CacheAccessOfApi } from "./cache-access.ts";
import { ClusterCounts } from "./cluster-counts.ts";
import { ClusterLimits } from "./cluster-limits.ts";
import type { Counted } from "./cluster-node.ts";
import { CounterSaver } from "./counter-saver.ts";
import { CountersOfApi } from "./counters-of-api.ts";
import { type Feed, NO_REVISION } from "./live/feed.ts";
import { Proofs } from "./live/proofs.ts";
import { Peers } from "./peers.ts";
import { RateLimits } from "./rate-limits.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

type Accessed = "settings" | "counters" | "rateLimits" | "memoryCache" | "upstreams";

type Inherited = Pick<Inheritance, "limits" | "run" | "groups" | "caches">;

export interface DurableStateOptions {
  readonly store: SqlStore | null;
  /** What all proxies count together; null: there are no others. */
  readonly shared: Counted | null;
  /** What keys of rate limits are hashed with, where they are shared. */
  readonly limitSeed: Buffer;
  readonly logger: Logger;
  /** How many there are. */
  readonly workers: number;
  /** Told of changes that are stored here. */
  readonly feed: Pick<Feed, "begin">;
}

export class DurableState {
  readonly buffers = createCounterBuffers();
  readonly counters = new CounterTable(this.buffers);
  /** Not beyond the end, but through a handover. */
  readonly limits = new LimitTables();
  /** How the peers of all groups stand: through a handover, too. */
  readonly groups: GroupControls;
  readonly caches: MemoryCaches;
  readonly peers: Peers;
  /** For authorities that issue certificates. */
  readonly proofs: Proofs;
  /** Where counters are counted that this process does not count itself. */
  cells: Pick<CellFleet, "moves"> | null = null;
  readonly #store: SqlStore | null;
  readonly #saver: CounterSaver;
  readonly #cluster: { readonly counts: ClusterCounts; readonly limits: ClusterLimits } | null;
  /** What this process, its predecessors and its successors tell under. */
  readonly run: string;
  readonly #values: ValuesWriter;
  readonly #feed: Pick<Feed, "begin">;
  /** The revision of the store at which `readValues` read it. */
  #readAt = 0;
  #isPaused = false;

  /** @param inherited  before there are tenants that would have others */
  constructor(options: DurableStateOptions, inherited: Inherited) {
    this.#store = options.store;
    const { shared } = options;
    if (shared !== null) this.limits.share(options.limitSeed);
    this.run = inherited.run ?? randomUUID();
    this.limits.takeOver(inherited.limits);
    this.groups = new GroupControls(options.workers);
    this.groups.takeOver(inherited.groups);
    this.#feed = options.feed;
    this.caches = inherited.caches;
    this.peers = new Peers(this.groups, options.logger);
    const { counters } = this;
    const saver = new CounterSaver({ ...options, counters });
    this.#saver = saver;
    this.#cluster = shared === null ? null : this.#clusterOf(shared, () => saver.save());
    this.#values = new ValuesWriter(options);
    this.proofs = new Proofs(options.store);
  }

  /** What happens here is for these workers, too. */
  serveBy(pool: Pick<WorkerPool, "cells" | "tell">): void {
    this.cells = pool.cells;
    this.proofs.serveBy(pool);
    this.peers.cutOff = (place) => void pool.tell({ type: "cut off", place });
  }

  /** Takes what the process before this one counts until its end. */
  readonly stillCounted: StillCounted = {
    add: (deltas) => {
      for (const delta of deltas) this.counters.add(delta);
    },
    takeOver: (news) => {
      this.limits.takeOver(news);
      this.cells?.moves.tellHeldBefore(news.map(({ tenant }) => tenant));
    },
    over: () => {
      this.limits.workerGone(PREDECESSOR);
      this.cells?.moves.tellHeldBefore(this.limits.tenants());
    },
  };

  /** Where workers read flags and secrets. */
  get board(): SharedArrayBuffer {
    return this.#values.board.shared;
  }

  /** A tenant's flags and secrets. @param id  of the tenant */
  valuesOf(id: string): ScriptValues {
    return this.#values.of(id);
  }

  /** What the admin API sees and changes of it. */
  get access(): Pick<ApiParts, Accessed> {
    const { counters } = this;
    const count = (counter: CounterValue) => this.#count(counter);
    const cluster = this.#cluster?.counts ?? null;
    const parts = { counters, count, saver: this.#saver, cluster };
    const { set, delete: remove, of } = new CountersOfApi({ ...parts, store: this.#store });
    return {
      settings: { changed: (...which) => this.#changed(...which) },
      upstreams: this.peers,
      memoryCache: new CacheAccessOfApi(this.caches),
      rateLimits: new RateLimits(this.limits, this.#cluster?.limits ?? null, () => this.cells),
      counters: {
        ...{ of, set, delete: remove },
        forget: (id) => this.#forget(id),
      },
    };
  }

  /** It is served no more. One of the file keeps what it has, unless somebody has ended it. */
  async tenantGone(id: string): Promise<void> {
    // a store that does not answer: the next start finds nothing of it
    const known = await this.#store?.identity(nameOfIdentity(id)).catch(() => id);
    if (known !== undefined && known !== id) this.#forget(id);
  }

  /** With all that it had under way. @param worker  its index, from 1 */
  workerGone(worker: number): void {
    this.groups.forgetWorker(worker - 1);
    this.limits.workerGone(worker);
  }

  /** Before any worker counts. */
  async load(inherited: readonly CounterValue[]): Promise<void> {
    await this.#saver.load(inherited);
    await this.#cluster?.counts.load();
    await this.#cluster?.limits.load();
    await this.#values.load();
  }

  /** Flags, secrets and proofs, once more: others may have changed them. */
  async readValues(): Promise<void> {
    // before anything else of it: what changes meanwhile belongs to a later one
    const { number } = (await this.#store?.revision()) ?? NO_REVISION;
    await this.#values.load();
    await this.proofs.read();
    this.#readAt = number;
  }

  /** The same, unless they were read at this revision or a later one. */
  async readValuesAt(revision: number): Promise<void> {
    if (this.#readAt < revision) await this.readValues();
  }

  start(): void {
    this.#saver.start();
    this.#cluster?.counts.start();
    this.#cluster?.limits.start();
  }

  async pause(reason: string): Promise<void> {
    this.#isPaused = true;
    // what is acknowledged here is what the successor reads: flags, secrets and tokens, too
    if (this.#store !== null) await within(LIMITS.rescueChangesMs, this.#store.pause(reason));
    await this.#stopTelling();
    await this.#saver.stop();
  }

  /** The handover failed. */
  resume(): void {
    this.#isPaused = false;
    this.#store?.resume();
    this.start();
  }

  /** When nothing counts any more. */
  async finish(): Promise<void> {
    this.peers.end();
    if (this.#isPaused) return;
    await this.#stopTelling();
    await this.#saver.stop();
    await this.#saver.save();
    await this.#cluster?.counts.exchange();
    await this.#cluster?.limits.exchange();
  }

  #clusterOf({ counts, uses, folder }: Counted, save: () => Promise<boolean>) {
    const { counters, limits: tables, run } = this;
    const set = (counter: CounterValue) => this.#count(counter);
    const cells = () => this.cells?.moves ?? null;
    return {
      counts: new ClusterCounts({ shared: counts, counters, set, save }),
      limits: new ClusterLimits({ shared: uses, tables, folder, run, cells }),
    };
  }

  async #stopTelling(): Promise<void> {
    await this.#cluster?.counts.stop();
    await this.#cluster?.limits.stop();
  }

  #forget(id: string): void {
    this.counters.forget(id);
    this.limits.forget(id);
    this.caches.forget(id);
  }

  /** @param revision  of the store by that change; null: somebody else tells of it */
  async #changed(tenant: string, revision: number | null): Promise<void> {
    using _stored = this.#feed.begin(revision);
    await this.#values.changed(tenant);
  }

  /** From this value on, wherever it is counted. */
  async #count(counter: CounterValue): Promise<void> {
    if (this.cells === null) this.counters.set(counter);
    else await this.cells.moves.setCounter(counter);
  }
}
