// Starts a cell. Every worker makes a pair of sockets for it, the process inherits one end of each
// pair, and the workers close their copies of those ends.

import type { CellsConfig } from "../../base/config/types.ts";
import type { Logger } from "../../observe/log.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { systemSandbox } from "../children/sandbox.ts";
import type { CellEnds, CellOrder } from "../shared/cell-messages.ts";
import { CellProcess } from "./cell-process.ts";
import type { CellReport } from "./cell-words.ts";
import { CellGroup, cellGroups } from "./cgroup.ts";

/** A worker, as far as cells need it. */
export interface CellWorker {
  readonly index: number;
  /** Rejects if the worker is gone. */
  obey(order: CellOrder): Promise<CellEnds | null>;
}

export interface StarterOptions {
  readonly runtime: RuntimeCode;
  readonly cells: CellsConfig;
  readonly logger: Logger;
  readonly workers: () => readonly CellWorker[];
  readonly onReport: (id: number, report: CellReport) => void;
  /** It is gone, and every worker has read what it wrote. */
  readonly onEnd: (process: CellProcess, how: string) => void;
}

export class CellStarter {
  /** Every cell that lives, those that start included. */
  readonly alive = new Set<CellProcess>();
  readonly #options: StarterOptions;
  #lastId = 0;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /** Resolves when it takes orders. */
  readonly start = async (): Promise<CellProcess> => {
    const { runtime, logger, onReport } = this.#options;
    const id = ++this.#lastId;
    const startMs = performance.now();
    const { sandbox: mode, memoryMiB } = this.#options.cells;
    const sandbox = await systemSandbox(mode, logger);
    const memoryBytes = memoryMiB * 1_048_576;
    const group = CellGroup.open(cellGroups(logger), `${process.pid}-${id}`, memoryBytes);
    let cell: CellProcess;
    try {
      cell = new CellProcess({
        ...{ id, runtime, sandbox, memoryBytes, group },
        workers: await this.#open(id),
        onLine: (line) => logger.warn({ cell: id }, line),
        onReport: (report) => onReport(id, report),
      });
    } catch (thrown) {
      group?.close();
      await this.tell({ type: "ended", cell: id });
      throw thrown;
    }
    this.alive.add(cell);
    await this.tell({ type: "opened", cell: id });
    void cell.ended.then((how) => this.#ended(cell, how));
    await cell.ready;
    const durationMs = Math.round(performance.now() - startMs);
    logger.debug({ cell: id, pid: cell.pid, durationMs }, "cell started");
    return cell;
  };

  /** To every worker that lives. Resolves when all of them have done it. */
  async tell(order: CellOrder): Promise<void> {
    const { workers } = this.#options;
    await Promise.allSettled(workers().map((worker) => worker.obey(order)));
  }

  /** Throws if a worker that lives has no way to the cell: its calls would wait there for ever. */
  async #open(cell: number): Promise<[number, number, number][]> {
    const workers = this.#options.workers();
    const asked = workers.map((worker) => worker.obey({ type: "open", cell }));
    const answers = await Promise.allSettled(asked);
    const alive = this.#options.workers();
    return workers.flatMap((worker, i): [number, number, number][] => {
      const answer = answers[i];
      if (answer?.status === "rejected" && alive.includes(worker)) throw answer.reason;
      const ends = answer?.status === "fulfilled" ? answer.value : null;
      return ends === null ? [] : [[worker.index, ends.input, ends.output]];
    });
  }

  async #ended(process: CellProcess, how: string): Promise<void> {
    this.alive.delete(process);
    await this.tell({ type: "ended", cell: process.id });
    this.#options.onEnd(process, how);
    process.close();
  }
}
