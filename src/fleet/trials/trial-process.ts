// A process in which a stranger's script is tried. It waits for a job behind the cells' sandbox,
// does it, and is killed, whatever it did. Time and memory are watched from here, because nothing
// inside bounds a hostile script.

import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { CELL_FLAGS, cellCommand, type Sandbox } from "../children/command.ts";
import { endGroup, howEnded } from "../children/ending.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import { ProcessorTime } from "../children/processor-time.ts";
import { programPath } from "../children/programs.ts";
import { BEGUN, encodeJob } from "./trial-io.ts";

export interface TrialOptions {
  readonly sandbox: Sandbox;
  /** Name of the module that it runs, as `entryPath` takes it. */
  readonly program: string;
  /** Largest heap of Node's own isolate there. */
  readonly heapMiB: number;
  /** Resident memory that it may have. */
  readonly memoryBytes: number;
}

export interface TrialBounds {
  /** From the script's first instruction on. */
  readonly lateMs: number;
  /** The same of the processor. Left out: any. */
  readonly usedMs?: number;
  /** What it may say. */
  readonly reportBytes: number;
}

/** What a trial came to. `said` is hostile input, and may be cut anywhere. */
export interface TrialEnd {
  readonly said: string;
  /** Why it was ended from here; null: it ended by itself. */
  readonly sentence: "late" | "memory" | "said too much" | null;
  /** A signal or a status, in words. */
  readonly how: string;
  /** The script's first instruction was at hand. */
  readonly hasBegun: boolean;
}

/**
 * Nothing that the script did: somebody killed the process, or it never got as far. Of no use where
 * the program has said all: it ends itself in that way.
 */
export const wasKilled = ({ sentence, how, hasBegun }: TrialEnd): boolean =>
  !hasBegun || (sentence === null && how === "SIGKILL");

export class TrialProcess {
  readonly #child: ChildProcess;
  readonly #processor: ProcessorTime;
  readonly #memoryBytes: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #hasBegun = false;
  #bounds: TrialBounds = { lateMs: 0, reportBytes: 0 };
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #isOver = false;
  readonly #over = Promise.withResolvers<TrialEnd>();

  constructor({ sandbox, program, heapMiB, memoryBytes }: TrialOptions) {
    const entry = programPath(sandbox.programs, program);
    const stdio = ["pipe", "pipe", "ignore"] as const;
    // somebody waits for it to start; from the script's first instruction on it comes last
    const shape = { entry, nodeArgs: CELL_FLAGS, stdio, heapMiB, niceness: 0 };
    const command = cellCommand(shape, sandbox);
    this.#memoryBytes = memoryBytes;
    this.#child = spawn(command.file, command.args, command.options);
    command.close();
    this.#processor = new ProcessorTime(this.#child.pid ?? 0);
    this.#child.on("error", (error) => this.#end(null, error.message));
    // not `exit`: what it has written may still be on its way
    this.#child.on("close", (status, signal) => this.#end(null, howEnded(status, signal)));
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    // it may be gone before it has read its job
    this.#child.stdin?.on("error", () => {});
    // a spare one keeps nobody's process alive
    this.#child.unref();
    for (const pipe of [this.#child.stdin, this.#child.stdout]) {
      if (pipe instanceof Socket) pipe.unref();
    }
  }

  get isOver(): boolean {
    return this.#isOver || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Once. Resolves when the process is of no more use. */
  async run(job: object, bounds: TrialBounds): Promise<TrialEnd> {
    this.#bounds = bounds;
    if (!this.#isOver) this.#wait(CELL_LIMITS.trialStartMs);
    this.#child.ref();
    this.#child.stdin?.end(encodeJob(job));
    return await this.#over.promise;
  }

  kill(): void {
    this.#end("late");
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kill(), ms);
  }

  #read(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bounds.reportBytes) return this.#end("said too much");
    if (this.#chunks.length === 0 && chunk[0] === BEGUN) this.#begun();
    this.#chunks.push(chunk);
  }

  #begun(): void {
    this.#hasBegun = true;
    this.#wait(this.#bounds.lateMs);
    this.#processor.settle();
    const before = this.#processor.usedMs() ?? 0;
    const { usedMs = Infinity } = this.#bounds;
    this.#watch = setInterval(() => {
      if ((this.#processor.residentBytes() ?? 0) > this.#memoryBytes) this.#end("memory");
      else if ((this.#processor.usedMs() ?? 0) - before > usedMs) this.#end("late");
    }, CELL_LIMITS.trialLookMs);
  }

  #end(sentence: TrialEnd["sentence"], how = "SIGKILL"): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    const said = Buffer.concat(this.#chunks).toString("utf8");
    this.#over.resolve({ said, sentence, how, hasBegun: this.#hasBegun });
    endGroup(this.#child);
    this.#child.stdout?.destroy();
    this.#child.stdin?.destroy();
  }
}
