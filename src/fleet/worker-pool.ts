// The worker threads as the main thread sees them: started, listening, asked, watched, drained. A
// worker that ends by itself is replaced; one whose heart stands still takes the process with it,
// because nothing but the end of the process ends a native loop in an isolate.

import { Worker } from "node:worker_threads";
import type { Address } from "../base/config/address.ts";
import { entryUrl } from "../base/entry.ts";
import type { Logger } from "../observe/log.ts";
import { LogWindow } from "../observe/log-window.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";
import type { Sink } from "../observe/sink.ts";
import { type FromWorker, PULSE, type ToWorker, type WorkerInit } from "./messages.ts";

export interface WorkerPoolOptions {
  readonly count: number;
  readonly init: Omit<WorkerInit, "index" | "logWindow" | "pulse">;
  readonly logger: Logger;
  readonly sink: Sink;
}

/** How long a worker may be silent before it counts as stuck, and how often that is looked at. */
const STUCK_MS = 5_000;
const LOOK_MS = 500;
/** How long a scrape waits for a worker's numbers. */
const METRICS_MS = 1_000;
/** Workers that ended by themselves, within a minute, before the proxy gives up. */
const DEATHS_MAX = 5;
const DEATHS_WINDOW_MS = 60_000;

export class WorkerPool {
  readonly count: number;
  /** Resolves when the pool gives up. */
  readonly failure: Promise<string>;
  readonly #options: WorkerPoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #watch: NodeJS.Timeout;
  #at: readonly Address[] = [];
  #deaths: number[] = [];
  #isEnding = false;
  #giveUp: (reason: string) => void = () => {};

  constructor(options: WorkerPoolOptions) {
    this.count = options.count;
    this.#options = options;
    this.failure = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
    this.#watch = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** All workers prepared, then all listening: the first one settles what port 0 means. */
  async start(): Promise<readonly Address[]> {
    const { init } = this.#options;
    const threads = Array.from({ length: this.count }, (_, i) => this.#spawn(i + 1));
    await Promise.all(threads.map((thread) => thread.prepared));
    this.#at = init.config.listeners;
    for (const thread of threads) this.#at = await thread.listen(this.#at);
    return this.#at;
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    const answers = await Promise.all([...this.#threads].map((thread) => thread.metrics()));
    return answers.filter((answer) => answer !== null);
  }

  /** True: every exchange came to its end in time. */
  async drain(withinMs: number, forced: Promise<unknown>): Promise<boolean> {
    this.#isEnding = true;
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(resolve, withinMs, false);
    forced.then(() => resolve(false));
    const drained = Promise.all([...this.#threads].map((thread) => thread.drain()));
    const isDone = await Promise.race([drained.then(() => true), late]);
    clearTimeout(timer);
    return isDone;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#watch);
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #spawn(index: number): Thread {
    const thread = new Thread(index, this.#options);
    this.#threads.add(thread);
    thread.ended.then((reason) => {
      this.#threads.delete(thread);
      if (!this.#isEnding) this.#replace(index, reason);
    });
    return thread;
  }

  #replace(index: number, reason: string): void {
    const { logger } = this.#options;
    const nowMs = performance.now();
    this.#deaths = this.#deaths.filter((atMs) => nowMs - atMs < DEATHS_WINDOW_MS);
    this.#deaths.push(nowMs);
    logger.error({ worker: index, reason }, "a worker ended by itself");
    if (this.#deaths.length > DEATHS_MAX) {
      this.#giveUp("workers failed");
      return;
    }
    const thread = this.#spawn(index);
    const listening = thread.prepared.then(() => thread.listen(this.#at));
    listening.catch((error: Error) => logger.error({ worker: index }, error.message));
  }

  #look(): void {
    for (const thread of this.#threads) {
      if (thread.silentMs() < STUCK_MS) continue;
      const tenant = this.#options.init.config.tenants[thread.tenantIndex()]?.name;
      const by = tenant === undefined ? "by its own code" : `by the script of tenant ${tenant}`;
      const message = `worker ${thread.index} is stuck ${by}: ending the process`;
      // the log's own way out may be blocked too: this line must not get lost
      process.stderr.write(`sluice: ${message}\n`);
      process.kill(process.pid, "SIGKILL");
    }
  }
}

/** One worker thread. */
class Thread {
  readonly index: number;
  readonly prepared: Promise<void>;
  /** Resolves with the reason when the thread is gone. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  readonly #pulse = new Int32Array(new SharedArrayBuffer(8));
  readonly #window = new LogWindow();
  readonly #sink: Sink;
  readonly #waiting = new Map<string, (message: FromWorker) => void>();
  #fail: (error: Error) => void = () => {};
  #beat = 0;
  #beatMs = performance.now();
  #questions = 0;

  constructor(index: number, { init, sink }: WorkerPoolOptions) {
    this.index = index;
    this.#sink = sink;
    const workerData: WorkerInit = {
      ...init,
      index,
      logWindow: this.#window.shared,
      pulse: this.#pulse.buffer as SharedArrayBuffer,
    };
    this.#worker = new Worker(entryUrl("fleet/worker"), { workerData });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.prepared = this.#answer("prepared").then(() => undefined);
    this.ended = new Promise((resolve) => {
      let reason = "it exited";
      this.#worker.on("error", (error: Error) => {
        reason = error.stack ?? error.message;
        this.#fail(error);
      });
      this.#worker.on("exit", () => {
        this.#fail(new Error(reason));
        resolve(reason);
      });
    });
  }

  async listen(at: readonly Address[]): Promise<readonly Address[]> {
    const answer = this.#answer("listening");
    this.#post({ type: "listen", at });
    const message = await answer;
    return message.type === "listening" ? message.at : at;
  }

  async metrics(): Promise<MetricsSnapshot | null> {
    const question = ++this.#questions;
    const { promise, resolve } = Promise.withResolvers<MetricsSnapshot | null>();
    const timer = setTimeout(resolve, METRICS_MS, null);
    this.#waiting.set(`metrics ${question}`, (message) => {
      resolve(message.type === "metrics" ? message.snapshot : null);
    });
    this.#post({ type: "metrics", question });
    const snapshot = await promise;
    clearTimeout(timer);
    this.#waiting.delete(`metrics ${question}`);
    return snapshot;
  }

  async drain(): Promise<void> {
    const answer = this.#answer("drained");
    this.#post({ type: "drain" });
    await Promise.race([answer.catch(() => undefined), this.ended]);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Since its heart beat last. */
  silentMs(): number {
    const beat = Atomics.load(this.#pulse, PULSE.BEAT);
    if (beat !== this.#beat || beat === 0) {
      this.#beat = beat;
      this.#beatMs = performance.now();
    }
    return performance.now() - this.#beatMs;
  }

  tenantIndex(): number {
    return Atomics.load(this.#pulse, PULSE.TENANT) - 1;
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (message.type === "log") {
      this.#window.giveBack(message.text.length);
      this.#sink.write(message.text);
      return;
    }
    if (message.type === "failed") {
      this.#fail(new Error(message.message));
      return;
    }
    const key = message.type === "metrics" ? `metrics ${message.question}` : message.type;
    this.#waiting.get(key)?.(message);
  }

  #answer(type: FromWorker["type"]): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(type, resolve);
      this.#fail = reject;
    });
  }
}
