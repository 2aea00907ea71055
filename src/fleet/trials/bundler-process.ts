// One process of the bundler, as its host sees it: Node with esbuild, behind the cells' sandbox. A
// few lines of TypeScript can make any bundler take all memory or never end, so this file bounds
// both. A build is bounded by processor time, because waiting for a busy machine is not its fault.

import { type ChildProcess, spawn } from "node:child_process";
import { encodeJson, JsonReader } from "../../base/json-messages.ts";
import { BUNDLE_LIMITS } from "../../control/bundle-limits.ts";
import { cellCommand, type Sandbox } from "../children/command.ts";
import { endGroup, howEnded } from "../children/ending.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import { ProcessorTime } from "../children/processor-time.ts";
import { programPath } from "../children/programs.ts";
import {
  type BundleJob,
  type BundleReply,
  READY,
  REPLY_BYTES_MAX,
  readReply,
} from "./bundler-words.ts";

/** Why there is no reply. `killed`: not for what it was given, or it never started. */
export type BundlerEnd = "late" | "memory" | "crashed" | "killed";

export class BundlerProcess {
  readonly #child: ChildProcess;
  /** Of esbuild, once it has started. */
  readonly #processor: ProcessorTime;
  /** False: it ended before. */
  readonly #ready = Promise.withResolvers<boolean>();
  #answered: ((reply: BundleReply | BundlerEnd) => void) | null = null;
  #end: BundlerEnd | null = null;

  constructor(sandbox: Sandbox) {
    const command = cellCommand(
      {
        entry: programPath(sandbox.programs, "fleet/trials/bundler-entry"),
        nodeArgs: [],
        stdio: ["pipe", "pipe", "ignore"],
        heapMiB: CELL_LIMITS.ownHeapMiB,
      },
      sandbox,
    );
    this.#child = spawn(command.file, command.args, command.options);
    command.close();
    this.#processor = new ProcessorTime(this.#child.pid ?? 0);
    this.#child.on("error", () => this.#over("killed"));
    this.#child.on("close", (status, signal) => {
      this.#over(howEnded(status, signal) === "SIGKILL" ? "killed" : "crashed");
    });
    this.#child.stdin?.on("error", () => {});
    const reader = new JsonReader(REPLY_BYTES_MAX);
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      try {
        for (const words of reader.read(chunk)) this.#heard(words);
      } catch {
        this.#over("crashed");
      }
    });
  }

  get isOver(): boolean {
    return this.#end !== null;
  }

  /** One after the other. */
  async build(job: BundleJob): Promise<BundleReply | BundlerEnd> {
    if (!(await this.#hasStarted())) return "killed";
    if (this.#end !== null) return this.#end;
    const { promise, resolve } = Promise.withResolvers<BundleReply | BundlerEnd>();
    this.#answered = resolve;
    this.#child.stdin?.write(encodeJson(job));
    const watch = this.#watch();
    try {
      return await promise;
    } finally {
      clearInterval(watch);
      this.#answered = null;
    }
  }

  kill(): void {
    this.#over("killed");
  }

  async #hasStarted(): Promise<boolean> {
    const timer = setTimeout(() => this.#over("killed"), CELL_LIMITS.trialStartMs);
    try {
      return await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #watch(): NodeJS.Timeout {
    const { uploadBuildMs, buildMs, buildBytes } = BUNDLE_LIMITS;
    const startMs = performance.now();
    const before = this.#processor.wholeUsedMs();
    return setInterval(() => {
      const used = this.#processor.wholeUsedMs();
      const usedMs = used === null || before === null ? 0 : used - before;
      const isLate = usedMs > uploadBuildMs || performance.now() - startMs > buildMs;
      if (isLate) this.#over("late");
      else if ((this.#processor.residentBytes() ?? 0) > buildBytes) this.#over("memory");
    }, CELL_LIMITS.trialLookMs);
  }

  #heard(words: unknown): void {
    if (words === READY) {
      this.#processor.settle();
      this.#ready.resolve(true);
      return;
    }
    const reply = readReply(words);
    if (reply === null || this.#answered === null) this.#over("crashed");
    else this.#answered(reply);
  }

  #over(end: BundlerEnd): void {
    // ids of processes are given out again
    if (this.#end !== null) return;
    this.#end = end;
    this.#ready.resolve(false);
    this.#answered?.(end);
    // what wraps it ends with it or before it
    this.#processor.kill();
    endGroup(this.#child);
    this.#child.stdout?.destroy();
    this.#child.stdin?.destroy();
  }
}
