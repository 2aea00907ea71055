// The place where contestants run: a temporary folder, the origin, ports. One contestant is on
// stage at a time; everything is stopped and removed when the stage is disposed of.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCertificate } from "./certificate.ts";
import type { Contestant } from "./contestants.ts";
import { ORIGIN, ORIGIN_JSON } from "./contestants.ts";
import { findWorkerd, hasNjsCounter, NGINX_MODULES, pingoraProgram } from "./install.ts";
import { Ports } from "./ports.ts";
import type { Running } from "./processes.ts";
import { Processes } from "./processes.ts";
import type { Values } from "./template.ts";
import { render } from "./template.ts";
import { makeToken } from "./token.ts";

/** The proxy under test has a core for itself; the client and the origin share the other. */
export const PROXY_CORE = 0;
export const CLIENT_CORE = 1;

/** From start to the first answer; workers, isolates and bundling included, on a busy machine. */
const START_MS = 120_000;

export interface OnStage {
  readonly port: number;
  readonly http2Port: number;
  readonly tlsPort: number;
  readonly folder: string;
  readonly running: Running;
  /** What the client sends it besides the head. */
  readonly headers: readonly string[];
}

type OwnPorts = Pick<OnStage, "port" | "http2Port" | "tlsPort"> & { readonly statusPort: number };

export interface EnterOptions {
  readonly core: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Stage implements AsyncDisposable {
  readonly #root: string;
  readonly #processes = new Processes();
  readonly #ports = new Ports();
  #folder = "";
  #fixed = { workerd: "", njsCounter: "", certificate: "", key: "", ...makeToken() };
  #origin: OwnPorts = { port: 0, statusPort: 0, http2Port: 0, tlsPort: 0 };

  private constructor(root: string) {
    this.#root = root;
  }

  /** With the origin running. What it made is gone again if that fails. */
  static async open(root: string): Promise<Stage> {
    const stage = new Stage(root);
    try {
      await stage.#setUp();
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  /** Removed with everything in it. */
  get folder(): string {
    return this.#folder;
  }

  get originStatusPort(): number {
    return this.#origin.statusPort;
  }

  async #setUp(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "sluice-bench-"));
    const workerd = await findWorkerd(this.#root).catch(() => "workerd");
    const njsCounter = (await hasNjsCounter())
      ? "  js_shared_dict_zone zone=counters:1m type=number;"
      : "  # js_shared_dict_zone: this njs has none";
    const files = await makeCertificate(this.#folder);
    this.#fixed = { ...this.#fixed, workerd, njsCounter, ...files };
    this.#origin = await this.#takePorts();
    const values = this.#values(ORIGIN, "origin", this.#origin);
    await this.#launch(ORIGIN, values, { core: CLIENT_CORE });
  }

  /** Starts a contestant and waits for its first answer. */
  async enter(contestant: Contestant, options: EnterOptions): Promise<OnStage> {
    const ports = await this.#takePorts();
    const values = this.#values(contestant, `${contestant.name}-${ports.port}`, ports);
    const running = await this.#launch(contestant, values, options);
    const headers = (contestant.headers ?? []).map((line) => render(line, values));
    const { port, http2Port, tlsPort } = ports;
    return { port, http2Port, tlsPort, folder: values.folder, running, headers };
  }

  async #takePorts(): Promise<OwnPorts> {
    const take = () => this.#ports.take();
    const [port, statusPort] = [await take(), await take()];
    return { port, statusPort, http2Port: await take(), tlsPort: await take() };
  }

  async leave({ running }: OnStage): Promise<void> {
    await this.#processes.stop(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes[Symbol.asyncDispose]();
    if (this.#folder !== "") await rm(this.#folder, { recursive: true, force: true });
  }

  #values(
    { script = "", isolation = "inline" }: Contestant,
    folder: string,
    { port, statusPort, http2Port, tlsPort }: OwnPorts,
  ): Values {
    return {
      ...this.#fixed,
      script,
      isolation,
      pingora: pingoraProgram(this.#root),
      json: ORIGIN_JSON,
      ...{ port, http2Port, tlsPort },
      admin: statusPort,
      origin: this.#origin.port,
      folder: join(this.#folder, folder),
      root: this.#root,
      node: process.execPath,
      nginxModules: NGINX_MODULES,
    };
  }

  async #launch(contestant: Contestant, values: Values, options: EnterOptions): Promise<Running> {
    await mkdir(values.folder);
    for (const file of contestant.files) {
      const template = await readFile(join(this.#root, "bench", "peers", file), "utf8");
      await writeFile(join(values.folder, file), render(template, values));
    }
    const command = contestant.command.map((part) => render(part, values));
    const running = await this.#processes.start(command, options);
    try {
      await firstAnswer(contestant, values, running);
    } catch (error) {
      await this.#processes.stop(running);
      throw error;
    }
    return running;
  }
}

async function firstAnswer(
  { name, headers = [] }: Contestant,
  values: Values,
  running: Running,
): Promise<void> {
  const given = headers.map((line) => render(line, values).split(": ", 2));
  const sent = { ...CLOSE, ...Object.fromEntries(given) };
  const deadlineMs = performance.now() + START_MS;
  let last = "it does not listen";
  while (performance.now() < deadlineMs) {
    if (running.hasEnded()) throw new Error(`Cannot start ${name}: it ended.\n${running.output()}`);
    try {
      const response = await fetch(`http://127.0.0.1:${values.port}/`, { headers: sent });
      await response.text();
      if (response.ok) return;
      last = `it answers ${response.status}`;
    } catch {
      // Not listening yet.
    }
    await sleep(50);
  }
  throw new Error(`Cannot start ${name}: ${last}.\n${running.output()}`);
}

/** The probe's connection must not be in the way of the runs. */
const CLOSE = { connection: "close" };
