// The main thread: reads the configuration, bundles the scripts, starts the workers, watches over
// them, answers on the admin address, and ends it all in good order.

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { loadConfig } from "../base/config/load.ts";
import type { Config } from "../base/config/types.ts";
import { startAdmin } from "../control/admin.ts";
import { bundleScript } from "../control/bundle.ts";
import { buildRuntime } from "../control/bundle-runtime.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { Metrics } from "../observe/metrics.ts";
import { renderMetrics } from "../observe/prometheus.ts";
import { Sink } from "../observe/sink.ts";
import type { RuntimeCode } from "../sandbox/engine.ts";
import { CounterTable, createCounterBuffers } from "../state/counters.ts";
import type { ScriptBundle } from "./messages.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface ServeOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Overrides the configuration. */
  readonly workers?: number;
}

/** Raised for what the operator can mend: the message is one readable sentence, or several lines. */
export class ServeError extends Error {}

/** Runs the proxy until a signal ends it. Resolves to the exit status. Throws ServeError. */
export async function runServe(options: ServeOptions): Promise<number> {
  const config = loadConfig(options.config);
  const metrics = new Metrics();
  const dropped = metrics.counter("sluice_log_dropped_total");
  const sink = new Sink(process.stdout, (lines) => dropped.add(lines));
  const { level, access } = config.log;
  const logger = createLogger({ level, format: access, fields: {} }, sink);
  metrics.gauge("sluice_start_time_seconds").set(Math.floor(Date.now() / 1000));
  const [runtime, scripts] = await Promise.all([buildRuntime(), bundleAll(config, logger)]);
  const proxy = new ProxyServer({ options, config, logger, sink, metrics, runtime, scripts });
  try {
    await proxy.start();
    return await proxy.run();
  } finally {
    await sink.close();
  }
}

interface ProxyParts {
  readonly options: ServeOptions;
  readonly config: Config;
  readonly logger: Logger;
  readonly sink: Sink;
  readonly metrics: Metrics;
  readonly runtime: RuntimeCode;
  readonly scripts: readonly ScriptBundle[];
}

class ProxyServer {
  readonly #parts: ProxyParts;
  readonly #workers: WorkerPool;
  readonly #counters: CounterTable;
  #notReady: string | null = "starting";
  #admin: { address: string; close(): Promise<void> } | null = null;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    const { options, config, logger, sink, runtime, scripts } = parts;
    const buffers = createCounterBuffers();
    this.#counters = new CounterTable(buffers);
    const wanted = options.workers ?? config.workers;
    this.#workers = new WorkerPool({
      count: canReusePort() ? wanted : 1,
      logger,
      sink,
      init: {
        config,
        scripts,
        runtime,
        counters: buffers,
        pseudonym: `sluice-${randomBytes(6).toString("hex")}`,
        reusePort: canReusePort(),
      },
    });
    if (wanted > 1 && !canReusePort()) {
      logger.warn("this platform cannot share a port between workers: one worker serves");
    }
  }

  async start(): Promise<void> {
    const { config, logger } = this.#parts;
    try {
      this.#admin = await startAdmin({
        address: config.admin.address,
        isReady: () => this.#notReady,
        metricsText: () => this.#metricsText(),
        onError: (error) => logger.error({ err: error }, "the admin listener failed"),
      });
      const at = await this.#workers.start();
      this.#notReady = null;
      const listeners = at.map(({ address }) => address);
      const workers = this.#workers.count;
      logger.info({ listeners, admin: this.#admin.address, workers }, "ready");
    } catch (thrown) {
      await this.#admin?.close();
      await this.#workers.end();
      throw thrown;
    }
  }

  /** Until a signal: not ready, stop accepting, finish, exit as soon as idle. */
  async run(): Promise<number> {
    const { config, logger } = this.#parts;
    const signal = await Promise.race([nextSignal(), this.#workers.failure]);
    this.#notReady = "shutting down";
    const { shutdownMs } = config.timeouts;
    logger.info({ signal, shutdownMs }, "shutting down");
    const forced = laterSignal();
    const isDone = await this.#workers.drain(shutdownMs, forced);
    if (!isDone) logger.warn("requests were still under way");
    await this.#admin?.close();
    await this.#workers.end();
    logger.info("stopped");
    return signal === WORKERS_FAILED ? 1 : 0;
  }

  async #metricsText(): Promise<string> {
    const { metrics } = this.#parts;
    for (const { tenant, name, value } of this.#counters.list()) {
      metrics.gauge("sluice_script_counter", tenant, name).set(Number(value));
    }
    return renderMetrics([metrics.snapshot(), ...(await this.#workers.metrics())]);
  }
}

/** What `failure` resolves to. */
export const WORKERS_FAILED = "workers failed";

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}

/** A launcher and its terminal both pass one Ctrl-C on: only a later one means "at once". */
const ECHO_MS = 1_000;

async function laterSignal(): Promise<string> {
  const sinceMs = performance.now();
  for (;;) {
    const signal = await nextSignal();
    if (performance.now() - sinceMs > ECHO_MS) return signal;
  }
}

/** Several listeners on one port, with the kernel spreading connections: Linux alone does that. */
const canReusePort = (): boolean => process.platform === "linux";

/** Bundles every script of the configuration; all errors at once. */
async function bundleAll(config: Config, logger: Logger): Promise<ScriptBundle[]> {
  const problems: string[] = [];
  const bundles: ScriptBundle[] = [];
  for (const tenant of config.tenants) {
    if (tenant.script === null) continue;
    const result = await bundleScript(tenant.script);
    if (!result.ok) {
      for (const { file, line, column, text } of result.errors) {
        problems.push(`${file}:${line}:${column}: ${text}`);
      }
      continue;
    }
    for (const warning of result.warnings) {
      logger.warn({ tenant: tenant.name }, `${warning.file}:${warning.line}: ${warning.text}`);
    }
    const { code, map, sha256, usesUrl } = result;
    const deployment = `${basename(tenant.script)}@${sha256.slice(0, 8)}`;
    bundles.push({ tenant: tenant.name, deployment, code, map, usesUrl });
  }
  if (problems.length > 0) throw new ServeError(problems.join("\n"));
  return bundles;
}
