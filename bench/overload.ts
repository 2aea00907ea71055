// How much is served when there is more to do than one core can: a worker with the two-hook script
// on a core of its own, the client (h2load) and the origin (nginx) on the other. In a closed loop
// every client asks again once it is answered; at twice the rate that was served at best, two
// thousand of them ask whether they are or not. Counted is what was answered with 200 in a
// millisecond of the proxy's processor time, which others on the machine do not change much.
//
//     node bench/overload.ts --seconds 2 --rounds 3

import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { startNginx } from "../test/support/edge-servers.ts";
import { freePort } from "../test/support/free-port.ts";
import { commandOf } from "./load.ts";
import { median } from "./ratios.ts";

const ROOT = join(import.meta.dirname, "..");
const [PROXY_CORE, CLIENT_CORE] = ["0", "1"];
const CLOSED = [16, 64, 128, 512, 2_048] as const;
const CROWD = 2_000;
const WARM_SECONDS = 2;
const TICK_MS = 10;
const run = promisify(execFile);

interface Proxy {
  readonly port: number;
  readonly pid: number;
  end(): Promise<void>;
}

interface Served {
  readonly served: number;
  readonly refused: number;
  readonly processorMs: number;
  /** Of what was served, ascending. */
  readonly tookMs: readonly number[];
}

/** @param overload  the bounds; left out: as by default */
async function startProxy(originPort: number, overload?: object): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-overload-"));
  const port = await freePort();
  await cp(join(ROOT, "bench/peers/sluice-script.ts"), join(folder, "main.ts"));
  const config = {
    listeners: [{ address: `127.0.0.1:${port}` }],
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
  const child = spawn("taskset", ["-c", PROXY_CORE ?? "", ...serve]);
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
function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

interface Load {
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second of all of them; 0: a closed loop. */
  readonly rate: number;
}

async function load({ port, pid }: Proxy, plan: Load): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
  const times = join(folder, "times");
  const whole = { ...plan, seconds: plan.seconds + WARM_SECONDS };
  const args = commandOf({ port, core: 1, head: "small", ...whole }, times);
  const client = run("taskset", ["-c", CLIENT_CORE ?? "", ...args], { maxBuffer: 16_777_216 });
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

const at = (ascending: readonly number[], share: number): number =>
  ascending[Math.floor(ascending.length * share)] ?? 0;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "2" }, rounds: { type: "string", default: "3" } },
});
const seconds = Number(values.seconds);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const originPort = await freePort();
const origin = await startNginx(
  `keepalive_requests 100000000; server { listen 127.0.0.1:${originPort}; return 200 "ok\\n"; }`,
  { ports: [originPort] },
);
const plain = await startProxy(originPort);
const strict = await startProxy(originPort, { lagMs: 20 });
for (const proxy of [plain, strict]) await load(proxy, { connections: 64, seconds, rate: 0 });

const results = new Map<string, Served[]>();
async function measure(name: string, proxy: Proxy, plan: Omit<Load, "seconds">): Promise<Served> {
  const got = await load(proxy, { ...plan, seconds });
  results.set(name, [...(results.get(name) ?? []), got]);
  return got;
}
for (let round = 0; round < Number(values.rounds); round++) {
  let best = 0;
  for (const connections of CLOSED) {
    const name = `${connections} clients, closed loop`;
    const { served } = await measure(name, plain, { connections, rate: 0 });
    best = Math.max(best, served / seconds);
  }
  const twice = { connections: CROWD, rate: 2 * best };
  await measure("twice the best rate", plain, twice);
  await measure("twice the best rate, lagMs: 20", strict, twice);
}
const each = ({ served, processorMs: ms }: Served): number => served / ms;
const medians = [...results].map(([name, all]) => ({ name, all, each: median(all.map(each)) }));
const best = Math.max(...medians.map((one) => one.each));
for (const { name, all, each: served } of medians) {
  const of = (figure: (one: Served) => number): string => median(all.map(figure)).toFixed(1);
  console.log(
    `| ${name} | ${served.toFixed(1)} | ${((100 * served) / best).toFixed(0)} % | ` +
      `${of((one) => one.served / seconds)} | ${of((one) => one.refused / seconds)} | ` +
      `${of(({ tookMs }) => at(tookMs, 0.5))} | ${of(({ tookMs }) => at(tookMs, 0.99))} | ` +
      `${of((one) => one.processorMs / seconds / 10)} |`,
  );
}
await Promise.all([plain.end(), strict.end(), origin[Symbol.asyncDispose]()]);
process.exit(0);
