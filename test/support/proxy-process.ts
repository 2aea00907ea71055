// `sluice serve` as a process of its own, on ports of its own, for as long as a test needs it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));

/** How to start it; by default as in a checkout, with this Node. */
export interface ProxyCommand {
  readonly program?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
}

export class ProxyProcess implements AsyncDisposable {
  /** `http://127.0.0.1:PORT` of the first listener. */
  readonly url: string;
  /** The same of the admin address. */
  readonly admin: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  /** @param closed  resolves when it has ended and all that it said is here */
  constructor(child: ChildProcess, closed: Promise<unknown>, ready: Ready) {
    this.url = `http://${ready.listeners[0]}`;
    this.admin = `http://${ready.admin}`;
    this.#child = child;
    this.#closed = closed;
  }

  /** Its exit status, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop();
  }
}

/** The line of its log that says it serves. */
interface Ready {
  readonly msg: "ready";
  readonly listeners: readonly string[];
  readonly admin: string;
}

/** Starts it with `serve --config FILE` and waits until it serves. Rejects with what it said. */
export async function startProxy(
  configText: string,
  { program = process.execPath, args = [LAUNCHER], cwd }: ProxyCommand = {},
): Promise<ProxyProcess> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-proxy-"));
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, configText);
  const child = spawn(program, [...args, "serve", "--config", file], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  child.once("exit", () => rmSync(folder, { recursive: true }));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for await (const line of createInterface(child.stdout)) {
    said += `${line}\n`;
    const ready = readyOf(line);
    if (ready === null) continue;
    child.stdout.resume();
    return new ProxyProcess(child, closed, ready);
  }
  await closed;
  throw new Error(`Cannot start the proxy (${child.exitCode ?? child.signalCode}): ${said}`);
}

function readyOf(line: string): Ready | null {
  if (!line.startsWith("{")) return null;
  const entry: Ready | { readonly msg: unknown } = JSON.parse(line);
  return "admin" in entry && entry.msg === "ready" ? entry : null;
}
