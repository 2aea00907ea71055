// One of six peers is four times slower: what do clients see of it? HAProxy's least connections and
// ours stand side by side, each with six origins of its own, and get the same load at the same
// time. An origin serves one request at a time and sleeps meanwhile, so what is measured is whom
// the proxies choose, and little else: it says something on a machine that others use too.
//
//     node bench/slow-peer.ts --seconds 10 --rounds 5

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../test/support/free-port.ts";
import { median } from "./ratios.ts";

const ROOT = join(import.meta.dirname, "..");
const PEERS = 6;
/** Mean of the exponential service times; of the slow one four times that. */
const SERVICE_MS = 100;
const SLOWNESS = 4;
/** Of what the peers can serve together. */
const LOAD = 0.7;

const BALANCES = ["least-requests", "peak-ewma", "round-robin"] as const;

/** Serves one after the other. */
async function origin(meanMs: number): Promise<Server> {
  const queue: ServerResponse[] = [];
  const next = (): void => {
    const response = queue[0];
    if (response === undefined) return;
    setTimeout(() => {
      response.end("ok\n");
      queue.shift();
      next();
    }, exponential(meanMs));
  };
  const server = createServer((_request, response) => {
    if (queue.push(response) === 1) next();
  });
  // a connection that rests must not end while it is taken
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const exponential = (mean: number): number => -Math.log(1 - Math.random()) * mean;

const origins = (): Promise<Server[]> =>
  Promise.all(
    Array.from({ length: PEERS }, (_, i) => origin(i === 0 ? SERVICE_MS * SLOWNESS : SERVICE_MS)),
  );

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

function haproxyConfig(port: number, servers: readonly Server[]): string {
  const lines = servers.map((one, i) => `  server s${i} 127.0.0.1:${portOf(one)}`);
  return `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  http-reuse always
frontend bench
  bind 127.0.0.1:${port}
  default_backend origins
backend origins
  balance leastconn
${lines.join("\n")}
`;
}

function sluiceConfig(ports: readonly number[], servers: readonly (readonly Server[])[]): string {
  return JSON.stringify({
    listeners: ports.slice(0, 1).map((port) => ({ address: `127.0.0.1:${port}` })),
    admin: { address: "127.0.0.1:0" },
    store: "none",
    workers: 1,
    log: { level: "warn", access: "off" },
    tenants: Object.fromEntries(
      BALANCES.map((balance, i) => [
        balance,
        {
          hosts: [`${balance}.test`],
          upstreams: {
            six: { balance, peers: servers[i]?.map((one) => `127.0.0.1:${portOf(one)}`) ?? [] },
          },
        },
      ]),
    ),
  });
}

interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly host: string;
}

/** Latencies of a Poisson stream, ascending. */
async function load({ port, host }: Contestant, seconds: number): Promise<number[]> {
  const perSecond = ((PEERS - 1) / SERVICE_MS + 1 / (SERVICE_MS * SLOWNESS)) * 1_000 * LOAD;
  const agent = new Agent({ keepAlive: true });
  const taken: number[] = [];
  const asked: Promise<void>[] = [];
  const startMs = performance.now();
  for (let atMs = 0; atMs < seconds * 1_000; atMs += exponential(1_000 / perSecond)) {
    const waitMs = startMs + atMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    asked.push(
      ask({ port, agent, headers: { host } }).then((ms) => {
        taken.push(ms);
      }),
    );
  }
  await Promise.all(asked);
  agent.destroy();
  return taken.sort((a, b) => a - b);
}

async function ask(options: {
  readonly port: number;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<number> {
  const startMs = performance.now();
  const asked = request({ host: "127.0.0.1", ...options });
  asked.end();
  const [response] = await once(asked, "response");
  if (response.statusCode !== 200) {
    throw new Error(`${options.headers.host}: status ${response.statusCode}`);
  }
  response.resume();
  await once(response, "end");
  return performance.now() - startMs;
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

async function ready({ port, host }: Contestant): Promise<void> {
  for (;;) {
    const agent = new Agent();
    const isThere = await ask({ port, agent, headers: { host } }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "5" },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "sluice-slow-peer-"));
  const all = await Promise.all([origins(), ...BALANCES.map(origins)]);
  const [theirs = [], ...ours] = all;
  const [haproxyPort, sluicePort] = [await freePort(), await freePort()];
  await writeFile(join(folder, "haproxy.cfg"), haproxyConfig(haproxyPort, theirs));
  await writeFile(join(folder, "sluice.yaml"), sluiceConfig([sluicePort], ours));
  const children = [
    spawn("haproxy", ["-f", join(folder, "haproxy.cfg")], { stdio: "inherit" }),
    spawn(
      process.execPath,
      [join(ROOT, "src/cli/main.ts"), "serve", "-c", join(folder, "sluice.yaml")],
      {
        stdio: "inherit",
      },
    ),
  ];
  const contestants: Contestant[] = [
    { name: "HAProxy leastconn", port: haproxyPort, host: "any.test" },
    ...BALANCES.map((name) => ({ name: `Sluice ${name}`, port: sluicePort, host: `${name}.test` })),
  ];
  const figures = new Map(contestants.map(({ name }) => [name, { p50: [0], p99: [0] }]));
  try {
    await Promise.all(contestants.map(ready));
    for (let round = 0; round < Number(values.rounds); round++) {
      const taken = await Promise.all(contestants.map((one) => load(one, Number(values.seconds))));
      for (const [i, { name }] of contestants.entries()) {
        const sorted = taken[i] ?? [];
        figures.get(name)?.p50.push(percentile(sorted, 0.5));
        figures.get(name)?.p99.push(percentile(sorted, 0.99));
      }
    }
  } finally {
    for (const child of children) child.kill("SIGTERM");
    for (const server of all.flat()) server.close().closeAllConnections();
    await rm(folder, { recursive: true });
  }
  for (const [name, { p50, p99 }] of figures) {
    const said = [p50, p99].map((all) => median(all.slice(1)).toFixed(0));
    const every = p99.slice(1).map((ms) => ms.toFixed(0));
    console.log(`${name}: p50 ${said[0]} ms, p99 ${said[1]} ms (${every.join(", ")})`);
  }
}

await main();
