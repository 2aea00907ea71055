// Entry point of a worker thread, the data plane of one core. It does what the main thread
// requests: prepares a generation, swaps to it, listens, drains.

import { parentPort, workerData } from "node:worker_threads";
import { Deadlines } from "../../base/clock.ts";
import type { Config } from "../../base/config/types.ts";
import { HostTable } from "../../downstream/policy/host-table.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import { DownstreamServer, type ServerOptions } from "../../downstream/server.ts";
import { KeptRequests } from "../../observe/kept-requests.ts";
import { createLogger, type Logger } from "../../observe/log.ts";
import { LogBatch } from "../../observe/log-batch.ts";
import { LogBudgets } from "../../observe/log-budget.ts";
import { LogWindow } from "../../observe/log-window.ts";
import { Metrics } from "../../observe/metrics.ts";
import { Tail } from "../../observe/tail.ts";
import type { TailSubscription } from "../../observe/tail-batch.ts";
import { nameThread } from "../../sandbox/processor-sampler.ts";
import { Watchdog } from "../../sandbox/watchdog.ts";
import { CellCounts } from "../../state/cell-counts.ts";
import { CounterTable } from "../../state/counters.ts";
import type { MemberPlace } from "../../upstream/group/member.ts";
import { UPSTREAM_LIMITS } from "../../upstream/limits.ts";
import { createTransport } from "../../upstream/transports.ts";
import { PULSE, startHeartbeat } from "../shared/heartbeat.ts";
import type {
  FromWorker,
  GenerationChange,
  Listening,
  ListenSpec,
  ToWorker,
  WorkerInit,
  WorkerReply,
} from "../shared/messages.ts";
import { ValuesReader } from "../shared/script-values.ts";
import { CacheClient } from "./cache-client.ts";
import { Captures } from "./captures.ts";
import type { DeploymentContext } from "./deployments.ts";
import { Draining } from "./draining.ts";
import { protectionReports } from "./dropped-clients.ts";
import { Finished } from "./finished.ts";
import { groupContext } from "./groups.ts";
import { ListenerTls } from "./listener-tls.ts";
import { bindAll } from "./listening.ts";
import { serverOptions } from "./server-options.ts";
import { exportedBy, spanBatch } from "./spans.ts";
import { aroundAll, configuredPeers, hostTable, limitUseOf } from "./tenant-set.ts";
import {
  difference,
  disposeOf,
  hookMasks,
  prepareTenants,
  reportHealth,
  type TenantSet,
} from "./tenants.ts";
import { WorkerCells } from "./worker-cells.ts";
import { allCounted, upstreamObserver } from "./worker-metrics.ts";
import { failedReply, replyTo, type WorkerDuties } from "./worker-requests.ts";

interface Prepared extends Pick<GenerationChange, "number" | "config"> {
  readonly tenants: TenantSet;
}

class Worker implements WorkerDuties {
  readonly #init: WorkerInit;
  readonly #metrics = new Metrics();
  readonly #deadlines = new Deadlines();
  readonly #watchdog: Watchdog;
  readonly #batch: LogBatch;
  readonly #pulse: Int32Array;
  readonly #transport;
  readonly #server: DownstreamServer;
  readonly #logger: Logger;
  readonly #draining = new Draining();
  readonly #logBudgets = new LogBudgets();
  readonly #tail = new Tail((news) => send({ type: "tail", news }));
  readonly #spans = spanBatch(workerData, this.#metrics, (news) => send({ type: "spans", news }));
  readonly tls: ListenerTls;
  readonly cells: WorkerCells;
  readonly kept = new KeptRequests();
  readonly captures = new Captures((news) => send({ type: "captured", news }));
  readonly tail = (to: readonly TailSubscription[]): void => this.#tail.subscribe(to);
  readonly limitUse = (tenant: string) => limitUseOf(this.#tenants, tenant);
  #hosts = new HostTable<Tenant>([]);
  #tenants: TenantSet = new Map();
  #prepared: Prepared | null = null;
  #preparing = new AbortController();

  constructor(init: WorkerInit) {
    this.#init = init;
    this.#pulse = new Int32Array(init.pulse);
    nameThread(init.processor);
    const counts = new CellCounts(init.counters);
    this.cells = new WorkerCells(init.index, counts, (news) => send({ type: "cells", news }));
    this.#watchdog = new Watchdog(init.processor, init.watch);
    const dropped = this.#metrics.counter("sluice_log_dropped_total");
    const post = (text: string): void => send({ type: "log", text });
    const window = new LogWindow(init.logWindow);
    this.#batch = new LogBatch({ post, window, onDrop: (lines) => dropped.add(lines) });
    const observer = upstreamObserver(this.#metrics);
    const limits = { ...UPSTREAM_LIMITS, openMax: init.descriptors.upstreams };
    this.#transport = createTransport({ deadlines: this.#deadlines, observer, limits });
    const [{ level, access }, fields] = [init.config.log, { worker: init.index }];
    this.#logger = createLogger({ level, format: access, fields }, this.#batch);
    this.tls = new ListenerTls(init.config, init.tlsSecret, this.#logger);
    this.#server = new DownstreamServer(this.#serverOptions(init.config, []));
    startHeartbeat(this.#pulse);
    const tenants = () => this.#tenants;
    reportHealth(tenants, (reports) => send({ type: "health", reports }));
  }

  #serverOptions(config: Config, around: readonly Tenant[]): ServerOptions {
    const finished = new Finished({
      exported: exportedBy(config, this.#spans),
      ...{ metrics: this.#metrics, tail: this.#tail, kept: this.kept, log: config.log },
      write: (line) => this.#batch.write(line),
    });
    return serverOptions(config, {
      ...{ finished, captureOf: this.captures.captureOf },
      ...{ deadlines: this.#deadlines, tls: this.tls },
      ...protectionReports(this.#metrics, this.#logger),
      ...{ pseudonym: this.#init.pseudonym, descriptors: this.#init.descriptors },
      ...{ transport: this.#transport, route: (host) => this.#hosts.find(host), around },
    });
  }

  get #context(): DeploymentContext {
    const { runtime, counters } = this.#init;
    return {
      ...{ logger: this.#logger, tail: this.#tail, metrics: this.#metrics },
      logBudgets: this.#logBudgets,
      ...{ worker: this.#init.index, workers: this.#init.config.workers },
      ...{ watchdog: this.#watchdog, pulse: this.#pulse, cells: this.cells },
      ...{ runtime, values, caches },
      ...{ counterBuffers: counters, counters: new CounterTable(counters) },
    };
  }

  /** Every isolate warm, or an error and nothing changed. */
  async prepare(change: GenerationChange): Promise<WorkerReply> {
    const { number, config, changed, kept, cells } = change;
    this.abandon();
    this.cells.know(cells);
    const { signal } = this.#preparing;
    const groups = groupContext(this.#init.index, this.#transport);
    const options = { kept, current: this.#tenants, signal, context: this.#context, groups };
    const tenants = await prepareTenants(changed, options);
    this.tls.prepare(change.certificates);
    this.#prepared = { number, config, tenants };
    return { type: "prepared", hooks: hookMasks(changed, tenants) };
  }

  /** Every request that begins from now on meets the new generation. */
  commit(number: number): void {
    const prepared = this.#prepared;
    if (prepared?.number !== number) {
      throw new Error(`cannot commit generation ${number}: it is not prepared`);
    }
    this.#prepared = null;
    const { config } = prepared;
    const old = difference(this.#tenants, prepared.tenants);
    this.#logger.level = config.log.level;
    this.#server.configure(this.#serverOptions(config, aroundAll(prepared.tenants)));
    this.tls.commit();
    this.#tenants = prepared.tenants;
    this.#hosts = hostTable(prepared.tenants);
    this.#transport.keepNames(configuredPeers(prepared.tenants));
    this.#draining.add(old, config.timeouts.drainMs);
    // scripts run from now on: a worker that never beat would not be missed
    Atomics.add(this.#pulse, PULSE.BEAT, 1);
  }

  /** What is prepared, or about to be, is not wanted any more. */
  abandon(): void {
    this.#preparing.abort();
    this.#preparing = new AbortController();
    if (this.#prepared !== null) disposeOf(difference(this.#prepared.tenants, this.#tenants));
    this.#prepared = null;
  }

  async listen(listeners: readonly ListenSpec[]): Promise<Listening[]> {
    return await bindAll(this.#server, listeners, this.#init.reusePort);
  }

  closeTunnels(place?: MemberPlace): void {
    for (const { tenant } of this.#tenants.values()) tenant.holders.closeTunnels(place);
    this.#draining.closeTunnels(place);
  }

  async close(graceMs: number, closesTunnels: boolean): Promise<void> {
    if (closesTunnels) this.closeTunnels();
    await this.#server.close(graceMs);
  }

  async drain(): Promise<void> {
    await this.#server.drained();
    this.#flush();
  }

  /**
   * Nothing is open here any more, and nothing runs: the thread ends by itself. Ended from outside,
   * it would take memory away that the watchdog's loop still touches.
   */
  async end(): Promise<void> {
    this.#server.end();
    this.abandon();
    for (const { tenant } of this.#tenants.values()) tenant.holders.abortTunnels();
    this.#draining.end();
    disposeOf(difference(this.#tenants, new Map()));
    this.#tenants = new Map();
    this.#transport.destroyAll();
    this.cells.close();
    this.#deadlines[Symbol.dispose]();
    await this.#watchdog.stop();
    this.#flush();
    send({ type: "counted", snapshot: this.counted() });
    caches.close();
    parentPort?.close();
  }

  #flush(): void {
    for (const one of [this.#batch, this.#tail, this.#spans]) one.flush();
  }

  counted() {
    const parts = { server: this.#server, transport: this.#transport, draining: this.#draining };
    return allCounted(this.#metrics, { ...parts, tenants: this.#tenants });
  }
}

const send = (message: FromWorker): void => parentPort?.postMessage(message);

const values = new ValuesReader(workerData.board);
const caches = new CacheClient(workerData.caches);
const worker = new Worker(workerData);
parentPort?.on("message", ({ number, request }: ToWorker) => {
  replyTo(request, worker).then(
    (reply) => send({ type: "reply", number, reply }),
    (thrown: unknown) => send(failedReply(number, thrown)),
  );
});

let isFailing = false;
// nothing here can be trusted any more, but for how it ends
process.on("uncaughtException", (error) => {
  if (isFailing) return;
  isFailing = true;
  send({ type: "failing", reason: error.stack ?? error.message });
  void worker.end();
});
