// How a proxy ends: asked to, handed over, given up by its workers, or after an error that nobody
// caught. In good order as long as that is possible.

import { LIMITS } from "../base/limits.ts";
import type { Logger } from "../observe/log.ts";
import type { Sink } from "../observe/sink.ts";
import { complain, endProcess } from "./end-process.ts";
import type { Handover } from "./handover.ts";
import type { Signals } from "./signals.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Why the proxy ends, and how. */
interface End {
  readonly reason: string;
  readonly status: number;
  /** A successor serves: connections may bring one more request, tunnels have their time. */
  readonly hasSuccessor: boolean;
}

export interface EndParts {
  readonly logger: Logger;
  readonly sink: Sink;
  readonly workers: WorkerPool;
  readonly handover: Handover;
  readonly signals: Signals;
  /** No longer ready, for this reason. Called first. */
  readonly stopping: (reason: string) => void;
  readonly closeAdmin: () => Promise<void>;
  /** What is kept is written down; nothing counts any more. */
  readonly keep: () => Promise<void>;
}

const STUCK = "a worker is in a native loop";

export class ProxyEnd {
  readonly #parts: EndParts;
  readonly #asked = Promise.withResolvers<End>();
  readonly #startedMs = performance.now();
  /** Set once it ends. */
  #end: End | null = null;

  constructor(parts: EndParts) {
    this.#parts = parts;
    process.on("uncaughtException", this.#crash);
  }

  /** A successor serves. */
  succeeded(): void {
    this.#asked.resolve({ reason: "handover", status: 0, hasSuccessor: true });
  }

  /** Until something ends it. Resolves to the exit status. */
  async run(): Promise<number> {
    const { signals, workers } = this.#parts;
    const ask = (reason: string, status: number): void =>
      this.#asked.resolve({ reason, status, hasSuccessor: false });
    void signals.end.then((signal) => ask(signal, 0));
    void workers.failure.then((reason) => ask(reason, 1));
    const end = await this.#asked.promise;
    await this.#finish(end, end.hasSuccessor ? signals.end : signals.laterEnd());
    this.over();
    return end.status;
  }

  /** Nothing is left to end. */
  over(): void {
    this.#parts.signals[Symbol.dispose]();
    process.off("uncaughtException", this.#crash);
  }

  /** Not ready, stop accepting, finish, exit as soon as idle. */
  async #finish(end: End, forced: Promise<string>): Promise<void> {
    const { logger, sink, workers, handover, stopping, closeAdmin, keep } = this.#parts;
    const { reason, hasSuccessor } = end;
    this.#end = end;
    stopping(hasSuccessor ? "another process serves" : "shutting down");
    const { shutdownMs, drainMs } = workers.generation.config.timeouts;
    const withinMs = hasSuccessor ? drainMs : shutdownMs;
    logger.info({ signal: reason, withinMs }, "shutting down");
    // tails end with the admin listener: at once, to come again at the successor's; else at the end
    if (hasSuccessor) await closeAdmin();
    const graceMs = hasSuccessor ? LIMITS.handoverGraceMs : 0;
    const options = { graceMs, closesTunnels: !hasSuccessor, withinMs, forced };
    const isDone = await workers.drain(options);
    if (!isDone) logger.warn("requests were still under way");
    if (!hasSuccessor) await closeAdmin();
    const isOver = await workers.end();
    await handover.finish();
    await keep();
    logger.info("stopped");
    if (!isOver) await endProcess(STUCK, sink);
  }

  /**
   * A native loop in an isolate ends with the process only: a successor takes over first.
   * @param reason  which worker is stuck, and in what
   */
  async rescue(reason: string): Promise<void> {
    const { sink, handover } = this.#parts;
    // an end without a successor gives the worker up in time
    if (this.#end?.hasSuccessor === false) return;
    complain(`${reason}: a successor is started`);
    await handover.start();
    await handover.finish();
    await endProcess(reason, sink);
  }

  readonly #crash = (error: Error): void => void this.#crashed(error);

  /** An error that nobody caught: nothing here can be trusted for long. */
  async #crashed(error: Error): Promise<void> {
    const { sink, workers, handover } = this.#parts;
    complain(`internal error: ${error.stack ?? error.message}`);
    const isYoung = performance.now() - this.#startedMs < LIMITS.crashAgeMs;
    const result = isYoung || this.#end !== null ? { ok: false } : await handover.start();
    if (result.ok) {
      this.#asked.resolve({ reason: "internal error", status: 1, hasSuccessor: true });
      return;
    }
    // workers that are torn down by the exit may take it along: it would end by a signal
    if (!(await workers.end())) await endProcess(STUCK, sink);
    process.exit(1);
  }
}
