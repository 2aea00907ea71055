// A real proxy for a test: `sluice serve` as a process of its own, on ports of its own, with the
// scripts and the configuration that the test gives; its log as lines, its end awaited.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { kill } from "../support/kill.ts";
import { laneOf } from "./lane.ts";
import { launchProgram } from "./launch.ts";
import { type Door, doorTo, listenersFor } from "./protocol.ts";

/** A start takes some tenths of a second; a busy machine may need much longer. */
const READY_MS_MAX = 120_000;

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

export interface ProxyOptions {
  /** Files by name, beside the configuration: `{ "main.ts": "…" }`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Merged over a configuration with one listener and one worker, on free ports. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Before the program: `--import FILE`. */
  readonly nodeArgs?: readonly string[];
  /** How many it may have (`ulimit -n`); left out: as many as the test. */
  readonly descriptors?: number;
  /** The program of another release; left out: this one's. */
  readonly main?: string;
  /** Where its files are, and stay; left out: a folder of its own, for as long as it runs. */
  readonly folder?: string;
}

export class TestProxy implements AsyncDisposable {
  readonly process: ChildProcess;
  /** Every line of the log so far. */
  readonly lines: LogLine[] = [];
  /** What it wrote to standard error. */
  stderr = "";
  host = "127.0.0.1";
  port = 0;
  /** `http://127.0.0.1:PORT` of the admin listener. */
  admin = "";
  #door: Door | null = null;
  readonly #folder: string;
  readonly #ownsFolder: boolean;
  readonly #exited: Promise<number | null>;
  readonly #waiting = new Set<() => void>();
  #partial = "";
  /** Nobody writes to its log any more: it is gone, and whoever took over from it. */
  #isOver = false;
  readonly #over: Promise<unknown>;

  private constructor(child: ChildProcess, folder: string, ownsFolder: boolean) {
    this.process = child;
    this.#folder = folder;
    this.#ownsFolder = ownsFolder;
    this.#exited = once(child, "exit").then(async () => {
      // what it wrote before is still in its pipes, each of which is read in one pass of the loop
      for (let pass = 0; pass < 3; pass++) await new Promise(setImmediate);
      return child.exitCode;
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#wake();
    });
    this.#over = once(child, "close").then(() => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Starts it and waits until it is ready. Rejects with its standard error if it ends before. */
  static async start(options: ProxyOptions): Promise<TestProxy> {
    const proxy = await TestProxy.launch(options);
    try {
      const ready = await proxy.waitFor((line) => line.msg === "ready");
      const [listener = ""] = ready.listeners as string[];
      proxy.#door = await doorTo(Number(listener.slice(listener.lastIndexOf(":") + 1)));
      proxy.port = proxy.#door.port;
      proxy.admin = `http://${ready.admin as string}`;
      return proxy;
    } catch (thrown) {
      await proxy[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Starts it without waiting for anything. */
  static async launch(options: ProxyOptions): Promise<TestProxy> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "sluice-life-")));
    const config = listenersFor({ ...DEFAULTS, ...options.config });
    const child = await launchProgram(folder, { ...options, config });
    return new TestProxy(child, folder, options.folder === undefined);
  }

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  /** The first line, past or to come, that fits. Rejects if the process ends without it. */
  async waitFor(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const timeout = AbortSignal.timeout(READY_MS_MAX);
    for (let seen = 0; ; ) {
      for (; seen < this.lines.length; seen++) {
        const line = this.lines[seen];
        if (line !== undefined && fits(line)) return line;
      }
      if (this.#isOver) throw new Error(`the proxy ended: ${this.#tail()}`);
      if (timeout.aborted) throw new Error(`no such line in time: ${this.#tail()}`);
      await this.#change(timeout);
    }
  }

  /** Waits until its standard error has this, which may come after its end is known. */
  async complains(pattern: RegExp): Promise<void> {
    const timeout = AbortSignal.timeout(READY_MS_MAX);
    while (!pattern.test(this.stderr)) {
      if (this.#isOver || timeout.aborted) throw new Error(`no ${pattern}: ${this.#tail()}`);
      await this.#change(timeout);
    }
  }

  /** Replaces a file beside the configuration, as an editor does: a new one, renamed. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    await writeFile(`${path}~`, text);
    await rename(`${path}~`, path);
  }

  /** Replaces the configuration; nothing reads it yet. */
  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.write("sluice.yaml", stringify(listenersFor({ ...DEFAULTS, ...config })));
  }

  /** Path of the configuration. */
  get file(): string {
    return join(this.#folder, "sluice.yaml");
  }

  /** Process ids, the newest last: there are several after a handover. */
  pids(): number[] {
    return this.lines.filter((line) => line.msg === "ready").map((line) => Number(line.pid));
  }

  /** Signals the process that serves. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pids().at(-1) ?? Number(this.process.pid), signal);
  }

  /** Lines of the log that scripts wrote, as text. */
  scriptLines(): string[] {
    return this.lines.filter((line) => line.source === "script").map((line) => line.msg ?? "");
  }

  /** Access lines. */
  requests(): LogLine[] {
    return this.lines.filter((line) => line.msg === "request");
  }

  /**
   * The text of the metrics page, with the numbers of every worker as they are: of one that does
   * not answer in time, on a busy machine, a page has what it said before.
   */
  async metrics(): Promise<string> {
    const serving = this.lines.findLast((line) => line.msg === "ready");
    for (;;) {
      const response = await fetch(`${this.admin}/metrics`, { headers: { connection: "close" } });
      const text = await response.text();
      if (text.includes(`\nsluice_workers ${serving?.workers}\n`)) return text;
    }
  }

  /** The exit status of the process that was started first; all that it said is here. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  /** Sends the signal and resolves to the exit status. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
    }
    return await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // those of who is gone may be others' by now
    for (const pid of this.#isOver ? [] : this.pids()) kill(pid);
    await this.#door?.[Symbol.asyncDispose]();
    await this.stop("SIGKILL");
    await this.#over;
    if (this.#ownsFolder) await rm(this.#folder, { recursive: true, force: true });
  }

  #read(text: string): void {
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() ?? "";
    for (const part of parts) this.lines.push(JSON.parse(part));
    this.#wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  /** How it ended, and the end of what it said, for a failure to show. */
  #tail(): string {
    const { exitCode, signalCode } = this.process;
    const ending = exitCode ?? signalCode ?? "it runs";
    const lines = this.lines.slice(-20).map((line) => JSON.stringify(line).slice(0, 500));
    return `${ending}; its log ended with\n${lines.join("\n")}\n${this.stderr.slice(-2_000)}`;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const DEFAULTS = {
  listeners: [{ address: "127.0.0.1:0" }],
  admin: { address: "127.0.0.1:0" },
  workers: 1,
};

/** A configuration of one tenant for any host; `script` names a file of the test. */
export function oneTenant(
  upstreams: Readonly<Record<string, unknown>>,
  tenant: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const groups = Object.entries(upstreams).map(([name, peers]) => {
    const group = Array.isArray(peers) ? { peers } : peers;
    return [name, group];
  });
  const [defaultUpstream] = Object.keys(upstreams);
  const own = { hosts: ["*"], upstreams: Object.fromEntries(groups), defaultUpstream };
  return { tenants: { demo: { ...own, ...laneOf(tenant), ...tenant } } };
}
