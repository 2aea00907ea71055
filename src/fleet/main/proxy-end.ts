// How a proxy ends: it is asked to, it has handed over, its workers have failed, or an error was
// not caught. It ends in good order as long as that is possible. SIGKILL is the last resort: an
// exit waits for every worker thread, and a thread in a native loop never ends.

import { LIMITS } from "../../base/limits.ts";
import { within } from "../../base/within.ts";
import type { AdminClosing } from "../../control/admin.ts";
import type { Logger } from "../../observe/log.ts";
import type { Sink } from "../../observe/sink.ts";
import type { Handover, HandoverResult } from "../handover/handover.ts";
import type { Inheritance } from "../handover/inherited.ts";
import type { Signals } from "./signals.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";
import type { DrainOptions } from "./workers/worker-pool-options.ts";

/** Why the proxy ends, and how. */
interface End {
  readonly reason: string;
  readonly status: number;
  /** It serves: connections have their grace, tunnels and streams their time. */
  readonly hasSuccessor: boolean;
  /** Told to end by its predecessor, which was told itself. */
  readonly isGivenUp?: boolean;
}

export interface EndParts {
  readonly logger: Logger;
  readonly sink: Sink;
  readonly workers: WorkerPool;
  readonly handover: Handover;
  readonly signals: Signals;
  readonly inheritance: Inheritance;
  /** How long connections may bring one more request. */
  readonly graceMs: number;
  /** Called first. `isReady`: a successor serves on the same addresses. */
  readonly stopping: (isReady: boolean) => void;
  readonly closeAdmin: (closing: AdminClosing) => Promise<void>;
  /** Nothing that is not stored by now is changed. Resolves when no change is under way. */
  readonly sealChanges: (reason: string) => Promise<void>;
  /** What is kept is written down; nothing counts any more. */
  readonly keep: () => Promise<void>;
}

const GIVEN_UP: End = {
  reason: "the process before it was told to end",
  status: 0,
  hasSuccessor: false,
  isGivenUp: true,
};

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
    const { signals, workers, inheritance } = this.#parts;
    const ask = (reason: string, status: number): void =>
      this.#asked.resolve({ reason, status, hasSuccessor: false });
    void signals.end.then((signal) => ask(signal, 0));
    void workers.failure.then((reason) => ask(reason, 1));
    void inheritance.givenUp.then(() => this.#asked.resolve(GIVEN_UP));
    const end = await this.#asked.promise;
    this.#end = end;
    if (end.hasSuccessor) await this.#giveWay(end);
    else await this.#finish(end);
    this.over();
    return end.status;
  }

  /** Nothing is left to end. */
  over(): void {
    this.#parts.signals[Symbol.dispose]();
    process.off("uncaughtException", this.#crash);
  }

  /** Not ready, stop accepting, finish, exit as soon as idle. The admin listener goes last. */
  async #finish({ reason, isGivenUp }: End): Promise<void> {
    const { workers, handover, signals, inheritance, stopping, closeAdmin } = this.#parts;
    const forced = signals.laterEnd();
    stopping(false);
    handover.giveUp();
    const { shutdownMs: withinMs } = workers.generation.config.timeouts;
    await this.#drain(reason, { closesTunnels: true, withinMs, forced });
    await closeAdmin({ graceMs: 0, withinMs: LIMITS.adminCloseMs });
    const isOver = await workers.end();
    // what the predecessor counts until its own end is kept here
    if (isGivenUp) await within(LIMITS.handoverMs, inheritance.released);
    await this.#stop(isOver);
  }

  /**
   * A successor serves: nobody is to notice. The admin listener goes at once: tails end with it,
   * to come again at the successor's.
   */
  async #giveWay({ reason }: End): Promise<void> {
    const { workers, graceMs, signals, stopping, closeAdmin } = this.#parts;
    stopping(true);
    const { drainMs: withinMs } = workers.generation.config.timeouts;
    const adminClosed = closeAdmin({ graceMs, withinMs: LIMITS.adminHandoverMs });
    await this.#drain(reason, { closesTunnels: false, withinMs, forced: signals.end });
    const isOver = await workers.end();
    await adminClosed;
    await this.#stop(isOver);
  }

  async #drain(reason: string, how: Omit<DrainOptions, "graceMs" | "closed">): Promise<void> {
    const { logger, workers, handover, graceMs } = this.#parts;
    logger.info({ signal: reason, withinMs: how.withinMs }, "shutting down");
    const closed = (): void => handover.closed();
    const isDone = await workers.drain({ ...how, graceMs, closed });
    if (!isDone) logger.warn("requests were still under way");
  }

  async #stop(isOver: boolean): Promise<void> {
    const { logger, sink, handover, keep } = this.#parts;
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
    const { sink, handover, closeAdmin } = this.#parts;
    // an end without a successor gives the worker up in time
    if (this.#end?.hasSuccessor === false) return;
    complain(`${reason}: a successor is started`);
    await this.#startSuccessor();
    // a caller that is refused gets its answer whole, and no caller holds up the end
    const closed = closeAdmin({ graceMs: 0, withinMs: LIMITS.adminCloseMs });
    await within(2 * LIMITS.adminCloseMs, closed).catch(() => {});
    await handover.finish();
    await endProcess(reason, sink);
  }

  /** In a hurry. What is acknowledged here is what the successor reads. */
  async #startSuccessor(): Promise<HandoverResult> {
    const { handover, sealChanges } = this.#parts;
    const sealed = sealChanges("a successor is being started: ask again in a moment");
    await within(LIMITS.rescueChangesMs, sealed);
    return await handover.start();
  }

  readonly #crash = (error: Error): void => void this.#crashed(error);

  /** An error that nobody caught: nothing here can be trusted for long. */
  async #crashed(error: Error): Promise<void> {
    const { sink, workers } = this.#parts;
    complain(`internal error: ${error.stack ?? error.message}`);
    const isYoung = performance.now() - this.#startedMs < LIMITS.crashAgeMs;
    const result = isYoung || this.#end !== null ? { ok: false } : await this.#startSuccessor();
    if (result.ok) {
      this.#asked.resolve({ reason: "internal error", status: 1, hasSuccessor: true });
      return;
    }
    // workers that are torn down by the exit may take it along: it would end by a signal
    if (!(await workers.end())) await endProcess(STUCK, sink);
    process.exit(1);
  }
}

/** To standard error: the log's own way out may be blocked, and this must not get lost. */
export function complain(message: string): void {
  process.stderr.write(`sluice: ${message}\n`);
}

/** What no handler hears, and no thread holds up. */
export async function endProcess(reason: string, sink: Sink): Promise<never> {
  complain(`${reason}: ending the process`);
  await sink.close();
  process.kill(process.pid, "SIGKILL");
  throw new Error("the process outlived its end");
}
