// Rotel, a collector of OpenTelemetry's protocol that npm carries as a program: it says on standard
// output what it understood of each export. Installed when it is wanted; never part of the product.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { untilOpen } from "./open-port.ts";

const PACKAGE = "@streamfold/rotel-linux-x64";
const VERSION = "0.0.8-alpha";
const FLAGS = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
const INSTALL_MS_MAX = 60_000;
const WAIT_MS_MAX = 60_000;

export class Rotel implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | null = null;
  #text = "";

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** @returns why it cannot be had on this machine, or it, installed and not started */
  static async install(): Promise<Rotel | string> {
    if (process.platform !== "linux" || process.arch !== "x64") return `${PACKAGE} is for Linux`;
    const folder = await mkdtemp(join(tmpdir(), "sluice-rotel-"));
    await writeFile(join(folder, "package.json"), '{"private":true}');
    try {
      const options = { cwd: folder, timeout: INSTALL_MS_MAX };
      await promisify(execFile)("npm", ["install", ...FLAGS, `${PACKAGE}@${VERSION}`], options);
    } catch (error) {
      await rm(folder, { recursive: true });
      return `${PACKAGE} cannot be installed: ${String(error)}`;
    }
    return new Rotel(folder, await freePort());
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const at = ["--otlp-http-endpoint", `127.0.0.1:${this.#port}`];
    const grpc = ["--otlp-grpc-endpoint", `127.0.0.1:${await freePort()}`];
    const told = ["--debug-log", "traces", "--debug-log-verbosity", "detailed"];
    const args = ["start", ...at, ...grpc, "--exporter", "blackhole", ...told];
    const program = join(this.#folder, "node_modules", PACKAGE, "bin", "rotel-agent");
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
      });
    }
    await untilOpen(this.#port, child, () => this.#text);
  }

  /** What it says of a span that has this attribute, as soon as it says it. */
  async span(attribute: string): Promise<string> {
    let found: string | undefined;
    await this.#until(() => {
      found = this.#text.split(/^Span #/m).find((span) => span.includes(attribute));
      return found !== undefined;
    });
    return found ?? "";
  }

  /** What it could not read. */
  get problems(): readonly string[] {
    return this.#text.split("\n").filter((line) => /ERROR|WARN/.test(line));
  }

  async #until(isTrue: () => boolean): Promise<void> {
    const timeout = AbortSignal.timeout(WAIT_MS_MAX);
    while (!isTrue()) {
      if (timeout.aborted) throw new Error(`not in time; the collector says:\n${this.#text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill("SIGKILL");
    await rm(this.#folder, { recursive: true });
  }
}
