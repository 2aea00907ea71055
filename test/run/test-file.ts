// One test file, run in a process group of its own. Beside what its tests say, it must say that it
// is at their end, and end by itself then; and nothing that it started may run any more.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { addGroup, endGroup, isGroupRunning, signal, withEnvironment } from "./process-group.ts";
import type { JobResult, TestResult } from "./report.ts";
import { ASK, type Line, MARK } from "./reporter.ts";

/** How long things may take before they count as stuck. */
export interface FileLimits {
  /** A whole file. The slowest (packing and installing) needs a sixth of it on a slow machine. */
  readonly fileMs: number;
  /** A process that has nothing to test any more should be gone. */
  readonly exitMs: number;
  /** The same for what it started: a child that was told to end may be at it. */
  readonly groupMs: number;
}

const LIMITS: FileLimits = { fileMs: 600_000, exitMs: 60_000, groupMs: 30_000 };
/** A soak file is told apart by its folder; it may take as long as a long night's run. */
const SOAK_LIMITS: FileLimits = { ...LIMITS, fileMs: 6 * 3_600_000 };

const GROUP_POLL_MS = 20;
/** What a file printed, shown when it failed; the end of it says most. */
const OUTPUT_CHARS_MAX = 20_000;

const REPORTER = fileURLToPath(new URL("reporter.ts", import.meta.url));

/** In the environment of whatever a test file starts, with a text that no other file has. */
const MARK_NAME = "TEST_FILE_MARK";

export interface FileOptions {
  readonly limits?: FileLimits;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function runTestFile(
  root: string,
  file: string,
  { limits = file.startsWith("test/soak/") ? SOAK_LIMITS : LIMITS, env = {} }: FileOptions = {},
): Promise<JobResult> {
  const startMs = performance.now();
  const run = new FileRun(file, limits, env);
  const complaint = await run.execute(root);
  const results = [...run.results];
  if (complaint !== "") results.push(run.failure(complaint));
  return { results, ms: performance.now() - startMs };
}

class FileRun {
  readonly results: TestResult[] = [];
  readonly #file: string;
  readonly #limits: FileLimits;
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Set<string>();
  readonly #mark = randomUUID();
  #begun = 0;
  /** It has said that its tests are over. */
  #isOver = false;
  #output = "";
  #partial = "";
  #onLine = (): void => {};
  #onOpen = (_resources: readonly string[]): void => {};

  constructor(file: string, limits: FileLimits, env: Readonly<Record<string, string>>) {
    this.#file = file;
    this.#limits = limits;
    this.#env = env;
  }

  failure(title: string): TestResult {
    return { title, ok: false, detail: this.#output.trim() };
  }

  /** Runs the file to its end. Returns what is wrong beside failed tests, or an empty text. */
  async execute(root: string): Promise<string> {
    const child = spawn(process.execPath, [`--test-reporter=${REPORTER}`, this.#file], {
      cwd: root,
      env: {
        ...process.env,
        ...this.#env,
        [MARK_NAME]: this.#mark,
        // of a runner of node:test that may be around this one
        NODE_TEST_CONTEXT: undefined,
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    const { pid } = child;
    if (pid === undefined) return "the process could not be started";
    addGroup(pid);
    const watch = this.#watch(pid);
    // Its pipes may outlive it, in the hands of a process that it left behind.
    const closed = once(child, "close");
    const [code, killer] = await once(child, "exit");
    const end = code ?? killer;
    watch.stop();
    const isAllGone = await this.#isAllGone(pid);
    endGroup(pid);
    for (const other of withEnvironment(this.#mark)) signal(other, "SIGKILL");
    const late = wait(this.#limits.groupMs, false, { ref: false });
    const isClosed = await Promise.race([closed.then(() => true), late]);
    child.stdout.destroy();
    child.stderr.destroy();
    if (watch.complaint !== "") return watch.complaint;
    if (!isAllGone || !isClosed) return "left a process running";
    if (this.results.length === 0) return `holds no test, or failed before the first (${end})`;
    if (!this.#isOver) return `ended (${end}) before its tests did: ${this.#underWay()}`;
    const isExplained = end === 0 || this.results.some((result) => !result.ok);
    return isExplained ? "" : `the process ended with ${end} although no test failed`;
  }

  /** Ends the process when it takes too long, or stays although its tests are over. */
  #watch(pid: number): { complaint: string; stop(): void } {
    const end = (complaint: string): void => {
      watch.complaint = complaint;
      endGroup(pid);
    };
    const late = (): void => {
      end(`not done in time; still running: ${this.#underWay()}`);
    };
    // It answers when it is idle. One that does not is at work: it removes a large folder, say.
    const open = (): void => void signal(pid, ASK);
    this.#onOpen = (resources) => end(`left something open: ${resources.join(", ")}`);
    const whole = setTimeout(late, this.#limits.fileMs);
    let idle: NodeJS.Timeout | undefined;
    this.#onLine = () => {
      clearTimeout(idle);
      const isOver = this.#begun > 0 && this.#running.size === 0;
      idle = isOver ? setTimeout(open, this.#limits.exitMs) : undefined;
    };
    const stop = (): void => {
      clearTimeout(whole);
      clearTimeout(idle);
      this.#onLine = () => {};
      this.#onOpen = () => {};
    };
    const watch = { complaint: "", stop };
    return watch;
  }

  #underWay(): string {
    return [...this.#running].join("; ") || "no test";
  }

  /** Gives what is just ending the time to end. */
  async #isAllGone(pid: number): Promise<boolean> {
    const untilMs = performance.now() + this.#limits.groupMs;
    while (isGroupRunning(pid) || withEnvironment(this.#mark).length > 0) {
      if (performance.now() >= untilMs) return false;
      await wait(GROUP_POLL_MS);
    }
    return true;
  }

  #read(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith(MARK)) this.#take(JSON.parse(line.slice(MARK.length)));
      else if (line !== "") this.#keep(`${line}\n`);
    }
  }

  #take(line: Line): void {
    switch (line.kind) {
      case "begin":
        this.#begun++;
        this.#running.add(line.title);
        break;
      case "end":
        this.#running.delete(line.title);
        break;
      case "result":
        this.results.push({ title: line.title, ...line.outcome });
        break;
      case "open":
        this.#onOpen(line.resources);
        return;
      case "over":
        this.#isOver = true;
        break;
    }
    this.#onLine();
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }
}
