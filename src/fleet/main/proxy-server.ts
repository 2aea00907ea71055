// One running proxy: its workers and its admin listener from start to end, and what happens in
// between: a reload, a handover, a stuck worker, a crash of this thread.

import { ownerText } from "../../base/config/operator.ts";
import type { Config } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";
import { within } from "../../base/within.ts";
import type { Admin, AdminClosing } from "../../control/admin.ts";
import type { Guard } from "../../control/api/guard.ts";
import type { ReloadResult } from "../../control/api/operate.ts";
import type { Caller } from "../../control/api/route.ts";
import { Handover, type HandoverResult } from "../handover/handover.ts";
import { descriptorLimit, shareOf, warnOfFew } from "../shared/descriptors.ts";
import { guardOf, openAdmin } from "./admin.ts";
import { ControlPlane } from "./control-plane.ts";
import { DurableState } from "./durable-state.ts";
import { Figures } from "./figures.ts";
import { CertificateUpkeep } from "./live/certificate-upkeep.ts";
import { ChangeLock } from "./live/change-lock.ts";
import { Feed, type FeedOptions } from "./live/feed.ts";
import { FleetLive } from "./live/live.ts";
import { ReadAgain } from "./live/read-again.ts";
import { Reconciler } from "./live/reconciler.ts";
import { Reloader, type ReloaderOptions } from "./live/reload.ts";
import { Generations } from "./live/roster.ts";
import { FolderWatch, filesToWatch } from "./live/watch.ts";
import { ProxyEnd } from "./proxy-end.ts";
import { type ProxyParts, readConfig, socketsOf } from "./proxy-parts.ts";
import { Signals } from "./signals.ts";
import { ticketSecret } from "./store.ts";
import { Tails } from "./tails.ts";
import { workersFor } from "./workers/worker-listeners.ts";
import { WorkerPool } from "./workers/worker-pool.ts";

export class ProxyServer {
  readonly #parts: ProxyParts;
  readonly #workers: WorkerPool;
  readonly #tails: Tails;
  readonly #figures: Figures;
  readonly #lock = new ChangeLock();
  readonly #generations: Generations;
  readonly #feed: Feed;
  readonly #reconciler: Reconciler;
  readonly #live: FleetLive;
  readonly #control: ControlPlane | null;
  readonly #reloader: Reloader;
  readonly #readAgain: ReadAgain;
  readonly #started = Promise.withResolvers<void>();
  readonly #handover: Handover;
  readonly #end: ProxyEnd;
  readonly #guard: Guard;
  readonly #durable: DurableState;
  readonly #watch: FolderWatch | null;
  #certificates: CertificateUpkeep | null = null;
  #notReady: string | null = "starting";
  #admin: Admin | null = null;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    const { options, config, store, node, logger, sink, metrics, runtime, spans } = parts;
    const { candidate, testerKey, readCandidate, isFileOwed, pseudonym } = parts;
    this.#guard = guardOf(config.admin, store, options.shownToken ?? null);
    const { count, reusePort } = workersFor(options.workers ?? config.workers, logger);
    const readAgain: FeedOptions["readAgain"] = (...news) => this.#readAgain.run(...news);
    const feed = new Feed({ first: candidate.revision, store, readAgain });
    const kept = { store, limitSeed: parts.limitSeed, logger, feed, workers: count };
    const durable = new DurableState({ ...kept, shared: node?.counted ?? null }, parts.inheritance);
    const { buffers, counters, limits, run, groups, peers, caches } = durable;
    this.#generations = new Generations({ testerKey, limits, groups });
    const descriptors = shareOf(descriptorLimit(), count);
    warnOfFew(logger, config.limits.connections, descriptors);
    const pool = new WorkerPool(
      {
        ...{ count, limits, logger, metrics },
        output: {
          ...{ sink, logger, caches },
          onCaptured: (news) => this.#control?.captures.receive(news),
          onSpans: (news) => spans.receive(news, this.#workers.generation.config.tracing),
          onTail: (news) => this.#tails.receive(news),
          onHealth: (from, reports) => this.#control?.observe(from, reports),
        },
        init: {
          ...{ config, runtime, counters: buffers, board: durable.board },
          ...{ pseudonym, reusePort, descriptors, tlsSecret: ticketSecret(config) },
        },
        onStuck: (worker, tenant) => void this.#rescue(worker, tenant),
        onDeath: (worker) => durable.workerGone(worker),
      },
      this.#generations.of(candidate.roster, config),
    );
    this.#workers = pool;
    durable.serveBy(pool);
    const counted = { metrics, counters, limits, peers, caches, feed, node, workers: pool };
    this.#figures = new Figures({ ...counted, desired: () => this.#reconciler.desired });
    this.#tails = new Tails((subscriptions) => pool.tell({ type: "tail", subscriptions }));
    this.#watch = options.watch ? new FolderWatch(() => void this.reload()) : null;
    const onRead: ReloaderOptions["onRead"] = (inputs, fromMs) =>
      this.#watch?.watch(filesToWatch(config, inputs), fromMs);
    const read = (): Config => readConfig(options);
    const [lock, generations, started] = [this.#lock, this.#generations, this.#started.promise];
    const first = { config, roster: candidate.roster, revision: candidate.revision.number };
    const reconciler = new Reconciler({ pool, generations, feed, first, groups: peers });
    [this.#feed, this.#reconciler, this.#durable] = [feed, reconciler, durable];
    this.#live = new FleetLive({ reconciler, lock, cells: pool.cells });
    this.#live.whenGone((id) => this.#forget(id));
    const [live, valuesOf] = [this.#live, (id: string) => durable.valuesOf(id)];
    const serving = { live, pool, runtime, logger, metrics, testerKey, valuesOf, node };
    this.#control = store === null ? null : new ControlPlane({ store, ...serving });
    const again = { reconciler, durable, feed, logger, isShared: node !== null };
    const reading = { read, candidate: readCandidate, isFileOwed, onRead, lock, pool, metrics };
    this.#reloader = new Reloader({ ...again, ...reading, started: config });
    this.#readAgain = new ReadAgain({ ...again, reloader: this.#reloader, started });
    const sockets = () => socketsOf(config, pool, this.#admin?.descriptor ?? -1);
    const told = { counters, limits, run, groups, feed, caches };
    this.#handover = new Handover({ sockets, ...told, logger, durable });
    const signals = this.#listen();
    this.#end = new ProxyEnd({
      ...{ logger, sink, workers: pool, handover: this.#handover, signals },
      ...{ inheritance: parts.inheritance, sealChanges: (why: string) => this.#lock.seal(why) },
      // whoever develops waits for nobody
      graceMs: options.watch ? 0 : LIMITS.drainGraceMs,
      stopping: (isReady) => this.#stopping(isReady),
      closeAdmin: (closing) => this.#closeAdmin(closing),
      keep: () => durable.finish(),
    });
  }

  /** From the first moment: an unheard SIGHUP ends a process, also one that just said "ready". */
  #listen(): Signals {
    return new Signals({
      reload: () => void this.#started.promise.then(() => this.reload()),
      handOver: () => void this.#started.promise.then(() => this.handOver()),
    });
  }

  async start(): Promise<void> {
    const { config, logger, metrics, inheritance, candidate, node, readFromMs } = this.#parts;
    await this.#durable.load(inheritance.counters);
    const sockets = inheritance.listeners(config);
    const adminDescriptor = inheritance.admin(config);
    inheritance.closeRest(logger);
    try {
      // a successor's admin listener is its predecessor's: nobody may hear of "starting" there
      if (adminDescriptor === null) this.#admin = await this.#openAdmin();
      const found = await this.#reconciler.start();
      // what a successor serves must be kept; a start that is refused, since its port is taken,
      // must leave nothing behind
      const isSuccessor = inheritance.predecessor !== null;
      if (isSuccessor) await this.#reconciler.keep(candidate.record, found);
      const at = await this.#workers.listen(sockets);
      if (!isSuccessor) await this.#reconciler.keep(candidate.record, found);
      this.#notReady = null;
      const reported = { feed: this.#feed, again: this.#readAgain, figures: this.#figures, logger };
      node?.start({ ...reported, admin: () => this.#admin?.address ?? "" });
      this.#durable.start();
      if (adminDescriptor !== null) this.#admin = await this.#openAdmin(adminDescriptor);
      const [listeners, workers] = [at.map(({ address }) => address), this.#workers.count];
      const [admin, { revision }] = [this.#admin?.address, this.#feed];
      this.#watch?.watch(filesToWatch(config, candidate.inputs), readFromMs);
      logger.info({ listeners, admin, workers, revision, pid: process.pid }, "ready");
      const changing = { reconciler: this.#reconciler, lock: this.#lock, live: this.#live };
      const { proofs } = this.#durable;
      const kept = { store: this.#parts.store, proofs, nodes: node?.nodes ?? null };
      this.#certificates = new CertificateUpkeep({ ...changing, ...kept, logger, metrics });
      this.#started.resolve();
    } catch (thrown) {
      await this.#closeAdmin();
      await this.#workers.end();
      this.#end.over();
      throw thrown;
    }
  }

  /** Until something ends it. */
  run(): Promise<number> {
    this.#parts.inheritance.ready(this.#durable.stillCounted);
    return this.#end.run();
  }

  reload(): Promise<ReloadResult> {
    return this.#reloader.reload();
  }

  /** Resolves when a successor serves, or has failed to: then everything is as before. */
  async handOver(): Promise<HandoverResult> {
    const doubt = this.#reloader.doubt();
    if (doubt !== null) return { ok: false, reason: doubt };
    await this.#lock.close("a handover is under way: the successor reads the file");
    const result = await this.#handover.start();
    if (result.ok) this.#end.succeeded();
    else if (this.#notReady === null) {
      this.#lock.reopen();
      // it may have stored what it was to serve, and have failed then
      await this.#feed.look();
    }
    return result;
  }

  #stopping(isReady: boolean): void {
    if (!isReady) {
      this.#notReady = "shutting down";
      void this.#lock.close("the proxy is shutting down");
    }
    void this.#parts.node?.leave();
    this.#watch?.[Symbol.dispose]();
    this.#certificates?.[Symbol.dispose]();
  }

  async #closeAdmin(closing?: AdminClosing): Promise<void> {
    this.#tails.close();
    await this.#admin?.close(closing);
    await this.#control?.close();
  }

  async #rescue(worker: number, tenantIndex: number): Promise<void> {
    const tenant = this.#generations.tenantName(tenantIndex);
    const by = tenant === undefined ? "by its own code" : `by the script of ${ownerText(tenant)}`;
    await this.#end.rescue(`worker ${worker} is stuck ${by}`);
  }

  #forget(tenant: string): void {
    void this.#tails.review();
    this.#figures.forget(tenant);
    void this.#durable.tenantGone(tenant);
  }

  #openAdmin(descriptor?: number): Promise<Admin> {
    const { inheritance: predecessor } = this.#parts;
    const isReady = () => this.#notReady ?? this.#parts.node?.notReady() ?? null;
    const reload = () => this.reload();
    const tenantId = (name: string) => this.#live.tenant(name)?.id ?? null;
    const stillOpens = (caller: Caller) => this.#guard.stillOpens(caller);
    const tailing = { tails: this.#tails, tenantId, stillOpens };
    const workers = () => this.#workers.count;
    const offered = { isReady, ...this.#figures.offered, workers, reload };
    const proxy = { ...offered, ...tailing, handOver: () => this.handOver() };
    const own = {
      proxy,
      guard: this.#guard,
      live: this.#live,
      control: this.#control,
      durable: this.#durable,
      listening: () => this.#workers.listening,
      revision: () => this.#feed.revision,
      // a change that is acknowledged holds: nobody is served without it any more
      mayChange: async () => void (await within(LIMITS.handoverChangesMs, predecessor.closed)),
    };
    return openAdmin({ ...this.#parts, ...own, descriptor });
  }
}
