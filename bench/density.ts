// How many strangers fit: tenants in cells, each with a script of its own, asked now and then. Says
// what memory all processes take, and how long the first request of a cold tenant takes.
//
//     node bench/density.ts --tenants 1000 --rounds 2

import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { treeOf } from "./cpu.ts";
import { Ports } from "./ports.ts";
import { Processes, type Running } from "./processes.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const START_MS = 600_000;

const { values } = parseArgs({
  options: {
    tenants: { type: "string", default: "1000" },
    rounds: { type: "string", default: "2" },
  },
});
const tenants = Number(values.tenants);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const folder = await mkdtemp(join(tmpdir(), "sluice-density-"));
try {
  await using processes = new Processes();
  const port = await new Ports().take();
  await writeFile(join(folder, "sluice.yaml"), await configuration(port));
  const started = performance.now();
  const command = [process.execPath, MAIN, "serve", "--config", join(folder, "sluice.yaml")];
  const proxy = await processes.start(command, { core: 0 });
  await ready(proxy, port);
  console.log(`${tenants} tenants, started in ${seconds(performance.now() - started)}`);
  console.log(`before any request: ${await memoryMiB(proxy)} MiB in all processes`);
  for (let round = 1; round <= Number(values.rounds); round++) await askAll(proxy, port, round);
} finally {
  agent.destroy();
  await rm(folder, { recursive: true });
}

async function configuration(port: number): Promise<string> {
  const lines = [
    `listeners: [{ address: "127.0.0.1:${port}" }]`,
    'admin: { address: "127.0.0.1:0" }',
    "workers: 1",
    "log: { access: off, level: warn }",
    "timeouts: { prepareMs: 600000 }",
    "tenants:",
  ];
  for (let i = 0; i < tenants; i++) {
    await writeFile(join(folder, `t${i}.ts`), scriptOf(i));
    const rest = `isolation: process, script: t${i}.ts`;
    lines.push(`  t${i}: { hosts: [t${i}.example], ${rest} }`);
  }
  return `${lines.join("\n")}\n`;
}

function scriptOf(number: number): string {
  return `import { counter, definePhases } from "sluice";
const asked = counter("asked");
export default definePhases({
  newCtx: () => ({ path: "" }),
  requestFilter(session, ctx) {
    ctx.path = session.request.target;
    return new Response("${number}:" + asked.incr());
  },
});
`;
}

async function askAll(proxy: Running, port: number, round: number): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < tenants; i++) {
    const startMs = performance.now();
    const body = await ask(port, `t${i}.example`);
    times.push(performance.now() - startMs);
    if (body !== `${i}:${round}`) throw new Error(`tenant ${i} answered ${body}`);
  }
  times.sort((one, two) => one - two);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  const memory = await memoryMiB(proxy);
  console.log(`round ${round}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${memory} MiB`);
}

async function ask(port: number, host: string): Promise<string> {
  const request = get({ port, agent, headers: { host } });
  const [response] = await once(request, "response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return body;
}

async function ready(proxy: Running, port: number): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (proxy.hasEnded()) throw new Error(`the proxy ended: ${proxy.output()}`);
    try {
      await ask(port, "nobody.example");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("the proxy did not start");
}

/** Resident memory; what processes share is counted for each. */
async function memoryMiB({ pid }: Running): Promise<number> {
  let pages = 0;
  for (const one of treeOf(pid)) {
    const statm = await readFile(`/proc/${one}/statm`, "latin1").catch(() => "0 0");
    pages += Number(statm.split(" ")[1]);
  }
  return Math.round((pages * 4_096) / 2 ** 20);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
