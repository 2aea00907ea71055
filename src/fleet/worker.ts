// Entry point of a worker thread: the data plane of one core. Prepares every deployment, then listens
// when it is told to, and drains when it is told to.

import { parentPort, workerData } from "node:worker_threads";
import { Deadlines } from "../base/clock.ts";
import type { Address } from "../base/config/address.ts";
import type { Config } from "../base/config/types.ts";
import { Forwarder, TrustedProxies } from "../downstream/forwarded.ts";
import { DownstreamServer } from "../downstream/server.ts";
import { CODEC_LIMITS } from "../http1/limits.ts";
import { createLogger } from "../observe/log.ts";
import { LogBatch } from "../observe/log-batch.ts";
import { LogWindow } from "../observe/log-window.ts";
import { Metrics } from "../observe/metrics.ts";
import { Watchdog } from "../sandbox/watchdog.ts";
import { CounterTable } from "../state/counters.ts";
import { createTransport } from "../upstream/transports.ts";
import { StartupError } from "./deployments.ts";
import { Finished } from "./finished.ts";
import { type FromWorker, PULSE, type ToWorker, type WorkerInit } from "./messages.ts";
import { HostTable } from "./routing.ts";
import { prepareTenants } from "./tenants.ts";

const BEAT_MS = 250;

class Worker {
  readonly #init: WorkerInit;
  readonly #metrics = new Metrics();
  readonly #deadlines = new Deadlines();
  readonly #watchdog = new Watchdog();
  readonly #batch: LogBatch;
  readonly #transport;
  readonly #server: DownstreamServer;
  #hosts = new HostTable([]);

  constructor(init: WorkerInit) {
    this.#init = init;
    const dropped = this.#metrics.counter("sluice_log_dropped_total");
    this.#batch = new LogBatch({
      post: (text) => send({ type: "log", text }),
      window: new LogWindow(init.logWindow),
      onDrop: (lines) => dropped.add(lines),
    });
    this.#transport = createTransport({
      deadlines: this.#deadlines,
      observer: upstreamObserver(this.#metrics),
    });
    this.#server = this.#makeServer(init.config);
    this.#beat();
  }

  #makeServer(config: Config): DownstreamServer {
    const finished = new Finished({
      metrics: this.#metrics,
      access: config.log.access,
      write: (line) => this.#batch.write(line),
    });
    const { headMs, bodyIdleMs, keepAliveMs, clientWriteMs } = config.timeouts;
    return new DownstreamServer({
      context: {
        route: (host) => this.#hosts.find(host),
        transport: this.#transport,
        bodyBytesMax: config.limits.bodyBytes,
        bodyIdleMs,
        logged: (exchange) => finished.exchange(exchange),
        refused: (refusal) => finished.refused(refusal),
      },
      connection: {
        deadlines: this.#deadlines,
        codec: {
          ...CODEC_LIMITS,
          headBytesMax: config.limits.headBytes,
          headerLinesMax: config.limits.headers,
          targetBytesMax: config.limits.targetBytes,
        },
        headMs,
        bodyIdleMs,
        keepAliveMs,
        clientWriteMs,
      },
      forwarder: new Forwarder(new TrustedProxies(config.trustedProxies), this.#init.pseudonym),
      connectionsMax: config.limits.connections,
    });
  }

  /** Every isolate warm, or an error and nothing changed. */
  prepare(): void {
    const { config, scripts, runtime, counters, pulse, index } = this.#init;
    const { level, access } = config.log;
    const logger = createLogger({ level, format: access, fields: { worker: index } }, this.#batch);
    const claims = prepareTenants(config, scripts, {
      logger,
      metrics: this.#metrics,
      watchdog: this.#watchdog,
      runtime,
      counterBuffers: counters,
      counters: new CounterTable(counters),
      pulse: new Int32Array(pulse),
    });
    this.#hosts = new HostTable(claims);
  }

  async listen(at: readonly Address[]): Promise<Address[]> {
    const bound: Address[] = [];
    for (const address of at) {
      const port = await this.#bind(address);
      const host = address.host.includes(":") ? `[${address.host}]` : address.host;
      bound.push({ host: address.host, port, address: `${host}:${port}` });
    }
    return bound;
  }

  async #bind(address: Address): Promise<number> {
    try {
      return await this.#server.listen(address, this.#init.reusePort);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StartupError(`Cannot listen on ${address.address}: ${reason}`, { cause });
    }
  }

  async drain(): Promise<void> {
    await this.#server.drain();
    this.#transport.destroyAll();
    this.#watchdog.stop();
    this.#batch.flush();
  }

  metrics(question: number): void {
    const { open, idle } = this.#transport.counts;
    this.#metrics.gauge("sluice_connections").set(this.#server.connections);
    this.#metrics.gauge("sluice_requests_active").set(this.#server.requests);
    this.#metrics.gauge("sluice_ctx_live").set(this.#server.liveCtx);
    this.#metrics.gauge("sluice_upstream_connections").set(open);
    this.#metrics.gauge("sluice_upstream_idle").set(idle);
    this.#metrics.gauge("sluice_workers").set(1);
    send({ type: "metrics", question, snapshot: this.#metrics.snapshot() });
  }

  /** The main thread ends the process of a worker whose heart stands still. */
  #beat(): void {
    const pulse = new Int32Array(this.#init.pulse);
    setInterval(() => Atomics.add(pulse, PULSE.BEAT, 1), BEAT_MS).unref();
  }
}

function upstreamObserver(metrics: Metrics) {
  const duration = metrics.histogram("sluice_upstream_connect_duration_seconds");
  const reused = new Map<string, { add(): void }>();
  return {
    connected(peer: { address: string }, connectMs: number): void {
      duration.observe(connectMs / 1000);
      metrics.counter("sluice_upstream_connects_total", peer.address).add();
    },
    connectFailed(peer: { address: string }, error: { code: string }): void {
      metrics.counter("sluice_upstream_errors_total", peer.address, error.code).add();
    },
    reused(peer: { address: string }): void {
      let counter = reused.get(peer.address);
      if (counter === undefined) {
        counter = metrics.counter("sluice_upstream_reused_total", peer.address);
        reused.set(peer.address, counter);
      }
      counter.add();
    },
  };
}

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function receive(worker: Worker, message: ToWorker): Promise<void> {
  switch (message.type) {
    case "listen":
      send({ type: "listening", at: await worker.listen(message.at) });
      break;
    case "metrics":
      worker.metrics(message.question);
      break;
    case "drain":
      await worker.drain();
      send({ type: "drained" });
      parentPort?.close();
  }
}

function failed(thrown: unknown): void {
  const isExpected = thrown instanceof StartupError;
  const message = thrown instanceof Error ? thrown.message : "unknown";
  const stack = thrown instanceof Error && !isExpected ? `\n${thrown.stack}` : "";
  send({ type: "failed", message: message + stack });
}

const worker = new Worker(workerData);
parentPort?.on("message", (message: ToWorker) => {
  receive(worker, message).catch(failed);
});
try {
  worker.prepare();
  send({ type: "prepared" });
} catch (thrown) {
  failed(thrown);
}
