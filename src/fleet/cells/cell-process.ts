// One cell as the main thread sees it: started, told, read, ended. What a cell says is hostile
// input.

import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { startChild } from "../../base/child.ts";
import { encodeJson, JsonReader } from "../../base/json-messages.ts";
import { LIMITS } from "../../base/limits.ts";
import type { CellDeployment, ToCell } from "../../sandbox/cell/control.ts";
import { type Flight, openFlight, readFlight } from "../../sandbox/cell/flight.ts";
import type { CellDescriptors } from "../../sandbox/cell/main.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { CELL_FLAGS, cellCommand, type Sandbox } from "../children/command.ts";
import { endGroup, howEnded } from "../children/ending.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import { ProcessorTime } from "../children/processor-time.ts";
import { programPath } from "../children/programs.ts";
import { type CellReport, readFromCell, type TriedResult } from "./cell-words.ts";
import type { CellGroup } from "./cgroup.ts";

export interface CellProcessOptions {
  /** Name of the module that it runs, as `entryPath` takes it; left out: a cell's. */
  readonly program?: string;
  readonly id: number;
  readonly runtime: RuntimeCode;
  readonly sandbox: Sandbox;
  readonly memoryBytes: number;
  /** Null: nobody but us bounds its memory. */
  readonly group: CellGroup | null;
  /** Descriptors of its ends of the sockets to each worker. */
  readonly workers: CellDescriptors["workers"];
  /** A line that it wrote to standard error. */
  readonly onLine: (line: string) => void;
  readonly onReport: (report: CellReport) => void;
}

/** Descriptors of a cell: the lifeline, nothing, complaints, control, the flight record. */
const CONTROL = 3;
const FLIGHT = 4;
const FIRST_WORKER = 5;

/**
 * Of a cell's memory, for isolates that nobody uses just now: some 180 of small scripts. The rest
 * is for those that run, and what the process had needed before.
 */
const KEPT_SHARE = 0.25;

const CELL_GONE = "the cell ended";

export class CellProcess {
  readonly id: number;
  /** Resident memory that it may have. */
  readonly memoryBytes: number;
  readonly processor: ProcessorTime;
  /** Resolves when it takes orders; rejects if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves, when it is gone, with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #flight: number;
  readonly #options: CellProcessOptions;
  readonly #loads = new Map<number, PromiseWithResolvers<TriedResult>>();
  readonly #begun = Promise.withResolvers<void>();
  #isReady = false;
  #isKilled = false;
  #isGone = false;

  /** Throws if there is no process to be had. */
  constructor(options: CellProcessOptions) {
    this.id = options.id;
    this.memoryBytes = options.memoryBytes;
    this.#options = options;
    this.#flight = openFlight();
    try {
      this.#child = startCell(this.#flight, options);
    } catch (thrown) {
      closeSync(this.#flight);
      throw thrown;
    }
    this.processor = new ProcessorTime(this.#child.pid ?? 0);
    this.#control = controlOf(this.#child);
    this.ready = this.#begun.promise;
    this.ready.catch(() => {});
    this.ended = new Promise((resolve) => {
      const over = (how: string): void => {
        this.#over();
        resolve(how);
      };
      this.#child.once("error", (error) => over(error.message));
      this.#child.once("exit", (status, signal) => over(howEnded(status, signal)));
    });
    this.#listen();
    const keptBytes = Math.round(KEPT_SHARE * options.memoryBytes);
    this.tell({ type: "begin", runtime: options.runtime, keptBytes });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Null: the kernel has not ended it for what it took. */
  get ownSentence(): "memory" | null {
    return this.#options.group?.hasRunOut() === true ? "memory" : null;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  tell(message: ToCell): void {
    if (!this.#isGone) this.#control.write(encodeJson(message));
  }

  /**
   * Rejects if the cell ends meanwhile, as it does if it says nothing. `isTried`: it is not started
   * now.
   */
  async load(deployment: CellDeployment, isTried: boolean): Promise<TriedResult> {
    if (this.#isGone) throw new Error(CELL_GONE);
    const waiting = Promise.withResolvers<TriedResult>();
    this.#loads.set(deployment.key, waiting);
    this.tell({ type: "load", deployment, isTried });
    const patienceMs = deployment.startupMs + CELL_LIMITS.loadMs;
    const timer = setTimeout(() => this.kill(), patienceMs);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What runs, or ran when it died. */
  flight(): Flight {
    return readFlight(this.#flight);
  }

  /** Itself first: what wraps it ends after it, so that it is gone when its end is told. */
  kill(): void {
    this.#isKilled = true;
    if (this.#isGone || !this.processor.kill()) endGroup(this.#child);
  }

  /** Nothing reads the flight record any more, nor what became of its memory. */
  close(): void {
    closeSync(this.#flight);
    this.#options.group?.close();
  }

  #listen(): void {
    const reader = new JsonReader(CELL_LIMITS.wordsBytes);
    const startMs = performance.now();
    let bytes = 0;
    this.#control.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      // what an honest one says is a report a second: more would cost this thread its time
      const seconds = (performance.now() - startMs) / 1_000;
      if (bytes > CELL_LIMITS.wordsBytes + seconds * CELL_LIMITS.wordsBytesPerSecond) this.kill();
      if (this.#isKilled) return;
      try {
        for (const message of reader.read(chunk)) this.#heard(message);
      } catch {
        this.kill();
      }
    });
    // a cell that dies while it is told something
    this.#control.on("error", () => {});
    this.#child.stdin?.on("error", () => {});
    let chars = 0;
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      // it has nothing to say but the engine's last words
      chars += text.length;
      if (chars > CELL_LIMITS.complaintChars) this.kill();
      if (chars > LIMITS.cellLogChars) return;
      for (const line of text.split("\n")) if (line.trim() !== "") this.#options.onLine(line);
    });
  }

  #heard(message: unknown): void {
    const words = readFromCell(message);
    switch (words?.type) {
      case "ready":
        // once: a process that it had made since would be taken for it
        if (!this.#isReady) this.#settle();
        this.#begun.resolve();
        break;
      case "loaded":
        this.#loads.get(words.key)?.resolve(words.result);
        this.#loads.delete(words.key);
        break;
      case "report":
        this.#options.onReport(words.report);
        break;
      default:
        this.kill();
    }
  }

  #settle(): void {
    this.#isReady = true;
    this.processor.settle();
    this.#options.group?.add(this.processor.pid);
  }

  #over(): void {
    this.#isGone = true;
    this.#control.destroy();
    this.#begun.reject(new Error(CELL_GONE));
    for (const { reject } of this.#loads.values()) reject(new Error(CELL_GONE));
    this.#loads.clear();
  }
}

function startCell(flight: number, options: CellProcessOptions): ChildProcess {
  const { workers, sandbox, program = "sandbox/cell/main" } = options;
  const descriptors: CellDescriptors = {
    control: CONTROL,
    flight: FLIGHT,
    workers: workers.map(([index], i) => {
      const input = FIRST_WORKER + 2 * i;
      return [index, input, input + 1];
    }),
  };
  const ends = workers.flatMap(([, input, output]) => [input, output]);
  const command = cellCommand(
    {
      entry: programPath(sandbox.programs, program),
      args: [JSON.stringify(descriptors)],
      nodeArgs: CELL_FLAGS,
      stdio: ["pipe", "ignore", "pipe", "pipe", flight, ...ends],
      heapMiB: CELL_LIMITS.ownHeapMiB,
    },
    sandbox,
  );
  try {
    return startChild(command.file, command.args, command.options);
  } finally {
    command.close();
  }
}

function controlOf(child: ChildProcess): Socket {
  const control = child.stdio[CONTROL];
  if (control instanceof Socket) return control;
  throw new Error("Cannot start a cell: expected a socket to it, got none");
}
