// `sluice dev` as a process of its own: what it says, and where it serves.

import { spawn } from "node:child_process";
import { once } from "node:events";

/** Far more than a start or a reload takes, on any machine. */
const WAIT_MS_MAX = 60_000;

export class DevProcess implements AsyncDisposable {
  output = "";
  url = "";
  readonly #child;
  readonly #closed: Promise<unknown>;
  /** It is gone, and all that it said is here. */
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor([program = "", ...args]: readonly string[], cwd: string) {
    this.#child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    this.#closed = once(this.#child, "close").then(() => {
      this.#isClosed = true;
      this.#wake();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
  }

  /** Waits until it says so, after what it said up to `from`. */
  async says(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const timeout = AbortSignal.timeout(WAIT_MS_MAX);
    for (;;) {
      const found = pattern.exec(this.output.slice(from));
      if (found !== null) return found;
      if (this.#isClosed || timeout.aborted) {
        const ending = this.#child.exitCode ?? this.#child.signalCode ?? "it runs";
        throw new Error(`it never said ${pattern} (${ending}), but:\n${this.output}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timeout.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  get(path = ""): Promise<Response> {
    return fetch(this.url + path, { headers: { connection: "close" } });
  }

  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop();
  }
}

/** Starts it and waits until it serves. */
export async function startDev(command: readonly string[], cwd: string): Promise<DevProcess> {
  const dev = new DevProcess(command, cwd);
  try {
    const [, url = ""] = await dev.says(/ready on (https?:\/\/[\d.:]+\/)/);
    dev.url = url;
    return dev;
  } catch (thrown) {
    await dev[Symbol.asyncDispose]();
    throw thrown;
  }
}
