// A proxy on a core of its own, with the client (h2load) on the other: what it serves and refuses,
// and the processor time that it takes for that.

import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../test/support/free-port.ts";
import { sampleCpu } from "./cpu.ts";
import { commandOf, type Protocol } from "./load.ts";
import { CLIENT_CORE, PROXY_CORE } from "./stage.ts";

const ROOT = join(import.meta.dirname, "..");
const WARM_SECONDS = 2;
const run = promisify(execFile);

export interface OneCoreProxy {
  readonly port: number;
  readonly pid: number;
  end(): Promise<void>;
}

export interface Served {
  readonly served: number;
  readonly refused: number;
  readonly processorMs: number;
  /** Of what was served, ascending. */
  readonly tookMs: readonly number[];
}

/** @param overload  the bounds; left out: as by default */
export async function startProxy(originPort: number, overload?: object): Promise<OneCoreProxy> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-overload-"));
  const port = await freePort();
  await cp(join(ROOT, "bench/peers/sluice-script.ts"), join(folder, "main.ts"));
  const config = {
    listeners: [{ address: `127.0.0.1:${port}`, http2: true }],
    admin: { address: "127.0.0.1:0" },
    store: "none",
    workers: 1,
    log: { level: "info", access: "off" },
    ...(overload === undefined ? {} : { overload }),
    tenants: {
      a: {
        hosts: ["*"],
        script: "main.ts",
        upstreams: { main: { peers: [`127.0.0.1:${originPort}`] } },
      },
    },
  };
  await writeFile(join(folder, "sluice.yaml"), JSON.stringify(config));
  const main = join(ROOT, "src/cli/main.ts");
  const serve = [process.execPath, main, "serve", "-c", join(folder, "sluice.yaml")];
  const child = spawn("taskset", ["-c", String(PROXY_CORE), ...serve]);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.stderr.pipe(process.stderr);
  for await (const line of child.stdout.iterator({ destroyOnReturn: false })) {
    if (String(line).includes('"ready"')) break;
  }
  child.stdout.resume();
  return {
    port,
    pid: child.pid ?? 0,
    async end() {
      kill();
      process.off("exit", kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Processor time of a process so far, all its threads. */
const processorMs = (pid: number): number => sampleCpu(pid).treeMicros / 1_000;

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second of all of them; 0: a closed loop. */
  readonly rate: number;
  /** Left out: HTTP/1.1. */
  readonly protocol?: Protocol;
}

export async function load({ port, pid }: OneCoreProxy, plan: Load): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
  const times = join(folder, "times");
  const whole = { ...plan, seconds: plan.seconds + WARM_SECONDS };
  const args = commandOf({ port, core: CLIENT_CORE, head: "small", ...whole }, times);
  const client = run("taskset", ["-c", String(CLIENT_CORE), ...args], { maxBuffer: 16_777_216 });
  // by then all connections are open, on both sides
  await new Promise((resolve) => setTimeout(resolve, WARM_SECONDS * 1_000));
  const before = { processorMs: processorMs(pid), epochMs: Date.now() };
  await new Promise((resolve) => setTimeout(resolve, plan.seconds * 950));
  const processor = processorMs(pid) - before.processorMs;
  const endMs = Date.now();
  await client;
  const tookMs: number[] = [];
  let refused = 0;
  await using file = await open(times);
  for await (const line of file.readLines()) {
    const [start = "", status = "", micros = ""] = line.split("\t");
    const atMs = (Number(start) + Number(micros)) / 1_000;
    if (atMs < before.epochMs || atMs >= endMs) continue;
    if (status === "200") tookMs.push(Number(micros) / 1_000);
    else refused++;
  }
  await rm(folder, { recursive: true, force: true });
  tookMs.sort((a, b) => a - b);
  return { served: tookMs.length, refused, processorMs: processor, tookMs };
}
