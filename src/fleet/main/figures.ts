// Puts together what all threads counted: for scrapers, and for whoever asks what a tenant uses.

import { nameOfIdentity } from "../../base/identity.ts";
import { LIMITS } from "../../base/limits.ts";
import type { TenantUsage } from "../../control/api/usage.ts";
import type { Metrics, MetricsSnapshot } from "../../observe/metrics.ts";
import { clientsClosedIn, type Overview, overviewOf } from "../../observe/overview.ts";
import { noteProcess } from "../../observe/process-figures.ts";
import { renderMetrics } from "../../observe/prometheus.ts";
import { renderScriptSeries, type ScriptCounter } from "../../observe/script-series.ts";
import { type LastMinute, SeriesRings } from "../../observe/series.ts";
import { sampleOf } from "../../observe/series-sample.ts";
import { NO_USAGE, type Usage, usageByTenant, usedSince } from "../../observe/usage.ts";
import type { CounterTable, CounterValue } from "../../state/counters.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import type { MemoryCaches } from "../../state/memory-caches.ts";
import { scopedName } from "../../wire/scopes.ts";
import type { ClusterNode } from "./cluster-node.ts";
import { Kept } from "./kept.ts";
import { LimitUses } from "./limit-uses.ts";
import { setExpiries } from "./live/certificates.ts";
import type { Feed } from "./live/feed.ts";
import type { DesiredState } from "./live/reconciler.ts";
import type { Peers } from "./peers.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

interface FiguresParts {
  /** Of the main thread. */
  readonly metrics: Metrics;
  readonly counters: CounterTable;
  readonly limits: LimitTables;
  readonly desired: () => DesiredState;
  readonly caches: MemoryCaches;
  readonly peers: Pick<Peers, "setFigures">;
  readonly workers: Pick<WorkerPool, "look" | "counted" | "generation" | "ended">;
  readonly feed: Pick<Feed, "revision" | "stored">;
  readonly node: Pick<ClusterNode, "setFigures"> | null;
}

const CACHE_METRICS = [
  "sluice_memory_cache_lookups_total",
  "sluice_memory_cache_loads_total",
  "sluice_memory_cache_evictions_total",
  "sluice_memory_cache_entries",
  "sluice_memory_cache_bytes",
] as const;

/** Samples of a minute. */
const MINUTE_STEPS = Math.ceil(60_000 / LIMITS.seriesStepMs);

export class Figures {
  readonly #parts: FiguresParts;
  readonly #since = new Date().toISOString();
  readonly series = new SeriesRings();
  readonly kept: Kept;
  readonly #limitUses: LimitUses;
  /** At each sample of the last minute, the oldest first. */
  #closed: number[] = [0];
  /** By name: what those who had it had used when they ended. */
  readonly #before = new Map<string, { readonly id: string; readonly used: Promise<Usage> }>();

  constructor(parts: FiguresParts) {
    this.#parts = parts;
    this.kept = new Kept(parts.workers);
    this.#limitUses = new LimitUses(parts.workers);
    setInterval(() => void this.#sample().catch(() => {}), LIMITS.seriesStepMs).unref();
  }

  /** What the admin API has of it. */
  get offered() {
    const { series, kept } = this;
    const limitUses = this.#limitUses;
    return {
      metricsText: () => this.metricsText(),
      usage: () => this.usage(),
      lastMinute: () => this.lastMinute(),
      overview: () => this.overview(),
      ...{ series, kept, limitUses },
    };
  }

  /** What a worker counts while it is busy is in the step in which it answers again. */
  async #sample(): Promise<void> {
    const snapshots = [this.#parts.metrics.snapshot(), ...(await this.#ofWorkers())];
    this.#closed = [...this.#closed.slice(1 - MINUTE_STEPS), clientsClosedIn(snapshots)];
    this.series.add(sampleOf(snapshots, this.#names), Date.now());
  }

  /** Up to now, for who looks. */
  async lastMinute(): Promise<LastMinute> {
    const snapshots = [this.#parts.metrics.snapshot(), ...(await this.#ofWorkers())];
    return this.series.lastMinute(sampleOf(snapshots, this.#names), Date.now());
  }

  /** Of tenants that serve. */
  get #names(): ReadonlySet<string> {
    return new Set(this.#parts.workers.generation.tenants.map(({ config }) => config.name));
  }

  async metricsText(): Promise<string> {
    const { metrics, counters, desired, feed, workers } = this.#parts;
    this.#setLimits();
    this.#setCaches();
    this.#parts.peers.setFigures(this.#parts.metrics);
    this.#parts.node?.setFigures(metrics);
    noteProcess(metrics);
    setExpiries(desired(), metrics);
    metrics.gauge("sluice_store_revision", "served").set(feed.revision);
    metrics.gauge("sluice_store_revision", "stored").set(feed.stored);
    const names = new Map(workers.generation.tenants.map(({ id, config }) => [id, config.name]));
    const scripts = scriptCounters(counters.list(), names);
    const text = renderMetrics([metrics.snapshot(), ...(await this.#ofWorkers())]);
    return text + renderScriptSeries(scripts);
  }

  #setLimits(): void {
    const { metrics, limits, workers } = this.#parts;
    metrics.clear("sluice_rate_limit_decisions_total");
    metrics.clear("sluice_rate_limit_evictions_total");
    metrics.clear("sluice_inflight_requests");
    const decisions = (...labels: readonly [tenant: string, name: string, result: string]) =>
      metrics.counter("sluice_rate_limit_decisions_total", ...labels);
    for (const { id, config } of workers.generation.tenants) {
      const table = limits.get(id);
      if (table === null) continue;
      for (const { name, allowed, refused } of table.totals()) {
        decisions(config.name, name, "allowed").add(Number(allowed));
        decisions(config.name, name, "refused").add(Number(refused));
      }
      for (const [name, count] of table.inFlight()) {
        metrics.gauge("sluice_inflight_requests", config.name, name).set(count);
      }
      const evictions = metrics.counter("sluice_rate_limit_evictions_total", config.name);
      evictions.add(Number(table.evicted));
    }
  }

  #setCaches(): void {
    const { metrics, caches, workers } = this.#parts;
    for (const name of CACHE_METRICS) metrics.clear(name);
    for (const { id, config } of workers.generation.tenants) {
      const totals = caches.get(id)?.totals;
      if (totals === undefined) continue;
      const { hits, misses, loads, evictions, entries, bytes } = totals;
      const lookups = "sluice_memory_cache_lookups_total";
      metrics.counter(lookups, config.name, "hit").add(hits);
      metrics.counter(lookups, config.name, "miss").add(misses);
      metrics.counter("sluice_memory_cache_loads_total", config.name).add(loads);
      metrics.counter("sluice_memory_cache_evictions_total", config.name).add(evictions);
      metrics.gauge("sluice_memory_cache_entries", config.name).set(entries);
      metrics.gauge("sluice_memory_cache_bytes", config.name).set(bytes);
    }
  }

  /** Those that are gone too: one that goes meanwhile is among those that are asked. */
  async #ofWorkers(): Promise<MetricsSnapshot[]> {
    const { workers } = this.#parts;
    const ended = workers.ended.snapshot();
    const live = await workers.counted();
    for (const name of workers.ended.drop(live, this.#names)) this.#before.delete(name);
    return [ended, ...live];
  }

  /** Of all threads together. */
  async overview(): Promise<Overview> {
    const { metrics } = this.#parts;
    return overviewOf([metrics.snapshot(), ...(await this.#ofWorkers())], this.#closed[0] ?? 0);
  }

  /** A tenant is no more: who has its name next has used nothing yet. */
  forget(id: string): void {
    this.kept.forget(id);
    const name = nameOfIdentity(id);
    this.#limitUses.forget(name);
    this.#parts.workers.ended.forget(name);
    // a worker that does not answer has counted nothing that could be told apart
    const used = this.#used().then((all) => all.get(name) ?? NO_USAGE);
    this.#before.set(name, { id, used: used.catch(() => NO_USAGE) });
  }

  async #used(): Promise<ReadonlyMap<string, Usage>> {
    return usageByTenant(await this.#ofWorkers());
  }

  /** Since this process began. */
  async usage(): Promise<{ readonly since: string; readonly tenants: readonly TenantUsage[] }> {
    const used = await this.#used();
    const { tenants } = this.#parts.workers.generation;
    const own = tenants.map(async ({ id, config: { name } }) => {
      const now = used.get(name) ?? NO_USAGE;
      const before = this.#before.get(name);
      if (before === undefined || before.id === id) return { tenant: name, ...now };
      return { tenant: name, ...usedSince(await before.used, now) };
    });
    return { since: this.#since, tenants: await Promise.all(own) };
  }
}

/**
 * What this proxy has counted: who scrapes all of them adds it up.
 *
 * @param names  of tenants, by their identities
 */
function scriptCounters(
  counters: readonly CounterValue[],
  names: ReadonlyMap<string, string>,
): ScriptCounter[] {
  const sums = new Map<string, ScriptCounter>();
  for (const { tenant: id, name: kept, value } of counters) {
    const tenant = names.get(id);
    const { name, isOthers } = scopedName(kept);
    if (tenant === undefined || isOthers) continue;
    // one name may have been declared for this proxy once, and for all of them later
    const key = `${tenant} ${name}`;
    sums.set(key, { tenant, name, value: value + (sums.get(key)?.value ?? 0n) });
  }
  return [...sums.values()];
}
