// The processes that the bench starts: pinned to a core, watched, and stopped by their ids however
// the bench ends.

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { treeOf } from "./cpu.ts";

/** How long a process may take to end by itself before it is killed. */
const STOP_MS = 5000;

/** What is kept of a process's output, for the message when it fails. */
const OUTPUT_CHARS_MAX = 4000;

export interface Running {
  readonly pid: number;
  /** The end of what it has written. */
  output(): string;
  hasEnded(): boolean;
}

export interface StartOptions {
  readonly core: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Processes implements AsyncDisposable {
  readonly #children = new Map<Running, ChildProcess>();
  readonly #onExit = (): void => {
    for (const running of this.#children.keys()) signal(running.pid, "SIGTERM");
  };

  constructor() {
    process.on("exit", this.#onExit);
  }

  async start(command: readonly string[], options: StartOptions): Promise<Running> {
    const child = spawn("taskset", ["-c", String(options.core), ...command], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    await once(child, "spawn");
    const { pid } = child;
    if (pid === undefined) throw new Error(`Cannot start ${command[0]}: it has no process id.`);
    const running: Running = { pid, output: () => output, hasEnded: () => hasEnded(child) };
    this.#children.set(running, child);
    return running;
  }

  /** Asks it to end, and kills it with all its children when it does not. */
  async stop(running: Running): Promise<void> {
    const child = this.#children.get(running);
    if (child === undefined) return;
    const tree = treeOf(running.pid);
    if (!hasEnded(child)) {
      const ended = once(child, "exit");
      signal(running.pid, "SIGTERM");
      const killer = setTimeout(() => {
        for (const pid of tree) signal(pid, "SIGKILL");
      }, STOP_MS);
      await ended;
      clearTimeout(killer);
    }
    this.#children.delete(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children.keys()].map((running) => this.stop(running)));
    process.off("exit", this.#onExit);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Only processes of this bench come here; one that is gone already is what was wanted. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ESRCH: it ended between the look and the signal.
  }
}
