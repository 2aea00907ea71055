// One scratch cell: a process that waits for a job, does it and is killed, whatever it did. Its
// deadlines are kept here, because nothing inside bounds a hostile script.

import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { entryPath } from "../../base/entry.ts";
import { cellCommand, type Sandbox } from "./command.ts";
import { howEnded } from "./ending.ts";
import { CELL_FLAGS } from "./flags.ts";
import { CELL_LIMITS } from "./limits.ts";
import { BEGUN, readReport, type ScratchJob, type ScratchReport } from "./scratch-report.ts";

/** How a scratch cell ended, if not with a report. */
export type ScratchEnd =
  | ScratchReport
  | { readonly kind: "died"; readonly how: string }
  | { readonly kind: "late" };

/** Node's own heap there: a job and the source map of a large bundle. */
const HEAP_MIB = 128;

export class ScratchCell {
  readonly #child: ChildProcess;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** From the start of the script on. */
  #lateMs = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #over = Promise.withResolvers<ScratchEnd>();

  constructor(sandbox: Sandbox) {
    const command = cellCommand(
      {
        entry: entryPath("fleet/cells/scratch-entry"),
        nodeArgs: CELL_FLAGS,
        stdio: ["pipe", "pipe", "ignore"],
        heapMiB: HEAP_MIB,
      },
      sandbox,
    );
    this.#child = spawn(command.file, command.args, command.options);
    command.close();
    this.#child.on("error", (error) => this.#end({ kind: "died", how: error.message }));
    // not `exit`: what it has written may still be on its way
    this.#child.on("close", (status, signal) => this.#closed(status, signal));
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
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Once. Resolves when the process is of no more use. */
  async run(job: ScratchJob): Promise<ScratchEnd> {
    this.#lateMs = job.startupMs + CELL_LIMITS.scratchGraceMs;
    this.#wait(CELL_LIMITS.scratchStartMs);
    this.#child.ref();
    this.#child.stdin?.end(JSON.stringify(job));
    return await this.#over.promise;
  }

  kill(): void {
    this.#end({ kind: "late" });
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = setTimeout(() => this.kill(), ms);
  }

  #read(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > CELL_LIMITS.scratchReportBytes) {
      return this.#end({ kind: "died", how: "it said too much" });
    }
    if (this.#chunks.length === 0 && chunk[0] === BEGUN) this.#wait(this.#lateMs);
    this.#chunks.push(chunk);
  }

  #closed(status: number | null, signal: NodeJS.Signals | null): void {
    const report = readReport(Buffer.concat(this.#chunks).toString("utf8"));
    this.#end(report ?? { kind: "died", how: howEnded(status, signal) });
  }

  #end(end: ScratchEnd): void {
    clearTimeout(this.#timer ?? undefined);
    this.#over.resolve(end);
    this.#child.kill("SIGKILL");
    this.#child.stdout?.destroy();
    this.#child.stdin?.destroy();
  }
}
