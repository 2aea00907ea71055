// Puts together what all threads counted: for scrapers, and for whoever asks what a tenant uses.

import type { TenantUsage } from "../../control/api/usage.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { renderMetrics } from "../../observe/prometheus.ts";
import { NO_USAGE, usageByTenant } from "../../observe/usage.ts";
import type { CounterTable } from "../../state/counters.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

interface FiguresParts {
  /** Of the main thread. */
  readonly metrics: Metrics;
  readonly counters: CounterTable;
  readonly workers: Pick<WorkerPool, "metrics" | "generation">;
}

export class Figures {
  readonly #parts: FiguresParts;
  readonly #since = new Date().toISOString();

  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  async metricsText(): Promise<string> {
    const { metrics, counters, workers } = this.#parts;
    const names = new Map(workers.generation.tenants.map(({ id, config }) => [id, config.name]));
    metrics.clear("sluice_script_value");
    for (const { tenant: id, name, value } of counters.list()) {
      const tenant = names.get(id);
      if (tenant === undefined) continue;
      metrics.gauge("sluice_script_value", tenant, name).set(Number(value));
    }
    return renderMetrics([metrics.snapshot(), ...(await workers.metrics())]);
  }

  /** Since this process began. */
  async usage(): Promise<{ readonly since: string; readonly tenants: readonly TenantUsage[] }> {
    const { workers } = this.#parts;
    const used = usageByTenant(await workers.metrics());
    const tenants = workers.generation.tenants.map(({ config: { name } }) => {
      return { tenant: name, ...(used.get(name) ?? NO_USAGE) };
    });
    return { since: this.#since, tenants };
  }
}
