// One test file, run in a process group of its own. Beside what its tests say, it must end by
// itself once they are over, and the group must be empty then.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isGroupRunning } from "./process-group.ts";
import type { JobResult, TestResult } from "./report.ts";
import { type Line, MARK } from "./reporter.ts";

/** How long things may take before they count as stuck. */
export interface FileLimits {
  /** A whole file. The slowest (packing and installing) needs a third of it on a slow machine. */
  readonly fileMs: number;
  /** A process that has nothing to test any more should be gone. */
  readonly exitMs: number;
  /** The same for what it started: a child that was told to end may be at it. */
  readonly groupMs: number;
}

const LIMITS: FileLimits = { fileMs: 300_000, exitMs: 20_000, groupMs: 10_000 };
/** A soak file is told apart by its folder; it may take as long as a long night's run. */
const SOAK_LIMITS: FileLimits = { ...LIMITS, fileMs: 6 * 3_600_000 };

const GROUP_POLL_MS = 20;
/** What a file printed, shown when it failed; the end of it says most. */
const OUTPUT_CHARS_MAX = 20_000;

const REPORTER = fileURLToPath(new URL("reporter.ts", import.meta.url));

/** Process groups that are alive: they are not this process's, so a Ctrl-C does not reach them. */
const groups = new Set<number>();

export function endAllFiles(): void {
  for (const pid of groups) endGroup(pid);
}

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
  #begun = 0;
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
      env: { ...process.env, ...this.#env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    const { pid } = child;
    if (pid === undefined) return "the process could not be started";
    groups.add(pid);
    const watch = this.#watch(pid);
    // Its pipes may outlive it, in the hands of a process that it left behind.
    const closed = once(child, "close");
    const [code, killer] = await once(child, "exit");
    const end = code ?? killer;
    watch.stop();
    const left = (await isGroupGone(pid, this.#limits.groupMs)) ? "" : "left a process running";
    endGroup(pid);
    await closed;
    groups.delete(pid);
    if (watch.complaint !== "") return watch.complaint;
    if (left !== "") return left;
    if (this.results.length === 0) return `holds no test, or failed before the first (${end})`;
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
      const running = [...this.#running].join("; ") || "no test, but it does not end";
      end(`not done in time; still running: ${running}`);
    };
    // It answers when it is idle. One that does not is at work: it removes a large folder, say.
    const open = (): void => void signal(pid, "SIGUSR2");
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
    }
    this.#onLine();
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }
}

/** Gives what is just ending the time to end. */
async function isGroupGone(group: number, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (isGroupRunning(group)) {
    if (performance.now() >= untilMs) return false;
    await wait(GROUP_POLL_MS);
  }
  return true;
}

const endGroup = (pid: number): boolean => signal(-pid, "SIGKILL");

/** To a process, or with a minus to its group. False if there is nobody any more. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
