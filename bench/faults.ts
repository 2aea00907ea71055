// What clients see while peers fail: three origins, one fault after the other, under load. HAProxy
// and Sluice stand side by side with the same settings, each with origins of its own, and meet the
// same fault at the same time. Counted is what was not answered as a sound origin would have.
//
//     node bench/faults.ts --seconds 4 --rate 100 --rounds 3 --rows "garbage,one byte a second"

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { freePort } from "../test/support/free-port.ts";
import { NameServer } from "../test/upstream/name-server.ts";
import { FAULTS, type Fault, FaultyOrigin } from "./fault-origins.ts";

const ROOT = join(import.meta.dirname, "..");
const TIMEOUT_MS = 1_000;
const CHECK = { intervalMs: 500, fastIntervalMs: 200, timeoutMs: 500, rise: 2, fall: 2 };
/** A client waits no longer. */
const PATIENCE_MS = 5_000;
const BODY_BYTES = 100;

interface Side {
  readonly name: "HAProxy" | "Sluice";
  readonly port: number;
  /** The last stands in for the third, when the name changes. */
  readonly origins: readonly FaultyOrigin[];
}

interface Seen {
  failed: number;
  readonly tookMs: number[];
}

function haproxyConfig({ port, origins }: Side, originPort: number, dns: string): string {
  const { intervalMs, fastIntervalMs, rise, fall } = CHECK;
  const check = `check inter ${intervalMs} fastinter ${fastIntervalMs} rise ${rise} fall ${fall}`;
  const servers = origins.slice(0, 3).map(({ host }) => `  server s${host} ${host}:${originPort}`);
  return `
global
  nbthread 1
resolvers own
  nameserver own ${dns}
  hold valid 1s
  timeout resolve 1s
defaults
  mode http
  timeout connect ${TIMEOUT_MS}
  timeout client 60s
  timeout server ${TIMEOUT_MS}
  timeout check ${CHECK.timeoutMs}
  option redispatch 1
  retries 3
  balance roundrobin
  option httpchk GET /
frontend bench
  bind 127.0.0.1:${port}
  use_backend named if { hdr(host) named.test }
  default_backend three
backend three
${servers.map((line) => `${line} ${check}`).join("\n")}
backend named
  server-template n 4 haproxy.test:${originPort} resolvers own init-addr none ${check}
`;
}

function sluiceConfig({ port, origins }: Side, originPort: number, dns: string): string {
  const common = {
    connectTimeoutMs: TIMEOUT_MS,
    responseTimeoutMs: TIMEOUT_MS,
    health: CHECK,
    panicPercent: 0,
  };
  const peers = origins.slice(0, 3).map(({ host }) => `${host}:${originPort}`);
  const resolve = { servers: [dns] };
  const named = { peers: [`sluice.test:${originPort}`], resolve, ...common };
  return JSON.stringify({
    listeners: [{ address: `127.0.0.1:${port}` }],
    admin: { address: "127.0.0.1:0" },
    store: "none",
    workers: 1,
    log: { level: "error", access: "off" },
    tenants: {
      three: { hosts: ["three.test"], upstreams: { main: { peers, ...common } } },
      named: { hosts: ["named.test"], upstreams: { main: named } },
    },
  });
}

interface Asking {
  readonly port: number;
  readonly host: string;
  readonly agent: Agent;
}

/** How long it took; null: it failed. */
async function ask({ port, host, agent }: Asking): Promise<number | null> {
  const startMs = performance.now();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const asked = request({ host: "127.0.0.1", port, agent, headers: { host }, signal });
    asked.on("error", () => undefined).end();
    const [response] = await once(asked, "response");
    const body = await buffer(response);
    const isSound = response.statusCode === 200 && body.length === BODY_BYTES;
    return isSound ? performance.now() - startMs : null;
  } catch {
    return null;
  }
}

/** Requests at a fixed rate, whatever becomes of those before, until `over` says so. */
async function load(
  { port, host, rate }: Omit<Asking, "agent"> & { readonly rate: number },
  over: AbortSignal,
): Promise<Seen> {
  const agent = new Agent({ keepAlive: true });
  const seen: Seen = { failed: 0, tookMs: [] };
  const all: Promise<void>[] = [];
  const startMs = performance.now();
  for (let sent = 0; !over.aborted; sent++) {
    const waitMs = startMs + (sent * 1_000) / rate - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    all.push(
      ask({ port, host, agent }).then((ms) => {
        if (ms === null) seen.failed++;
        else seen.tookMs.push(ms);
      }),
    );
  }
  await Promise.all(all);
  agent.destroy();
  seen.tookMs.sort((a, b) => a - b);
  return seen;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Each gets its answers from sound peers alone. */
async function healed({ port }: Side, host: string): Promise<void> {
  const agent = new Agent();
  for (let sound = 0; sound < 12; ) {
    const ms = await ask({ port, host, agent });
    sound = ms !== null && ms < 300 ? sound + 1 : 0;
    if (sound === 0) await sleep(50);
  }
}

interface Row {
  readonly name: string;
  readonly host: string;
  readonly begin: (side: Side) => void | Promise<void>;
  readonly end: (side: Side) => void | Promise<void>;
}

const percentile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);

async function run(row: Row, sides: readonly Side[], plan: { seconds: number; rate: number }) {
  const over = new AbortController();
  const { host } = row;
  const loads = sides.map(({ port }) => load({ port, host, rate: plan.rate }, over.signal));
  await sleep(500);
  await Promise.all(sides.map(row.begin));
  await sleep(plan.seconds * 1_000);
  await Promise.all(sides.map(row.end));
  await sleep(1_000);
  over.abort();
  const cells = (await Promise.all(loads)).map(({ failed, tookMs }) => {
    const all = failed + tookMs.length;
    return `${failed} of ${all} | ${percentile(tookMs, 0.99)} ms`;
  });
  console.log(`| ${row.name} | ${cells.join(" | ")} |`);
  await Promise.all(
    sides.map(async (side) => {
      await Promise.all(side.origins.slice(0, 3).map((one) => one.ready()));
      await healed(side, host);
    }),
  );
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rate: { type: "string", default: "100" },
    rounds: { type: "string", default: "1" },
    rows: { type: "string", default: "" },
  },
});
const isWanted = (name: string): boolean =>
  values.rows === "" || values.rows.split(",").includes(name);
const originPort = await freePort();
const sides: Side[] = [];
for (const [at, name] of (["HAProxy", "Sluice"] as const).entries()) {
  const hosts = [1, 2, 3, 4].map((last) => `127.0.${at + 1}.${last}`);
  const origins = hosts.map((host) => new FaultyOrigin(host, originPort));
  sides.push({ name, port: await freePort(), origins });
}
const isChanged = { names: false };
const names = await NameServer.start((name, family) => {
  const side = sides.find((one) => `${one.name.toLowerCase()}.test` === name);
  if (side === undefined || family === 6) return [];
  const [first, second, third, fourth] = side.origins.map(({ host }) => host);
  return [first, second, isChanged.names ? fourth : third].filter((host) => host !== undefined);
});
names.ttlS = 1;
const folder = await mkdtemp(join(tmpdir(), "sluice-faults-"));
const [haproxy, sluice] = sides;
if (haproxy === undefined || sluice === undefined) throw new Error("two sides");
await writeFile(join(folder, "haproxy.cfg"), haproxyConfig(haproxy, originPort, names.address));
await writeFile(join(folder, "sluice.yaml"), sluiceConfig(sluice, originPort, names.address));
const main = join(ROOT, "src/cli/main.ts");
for (const one of sides.flatMap(({ origins }) => origins)) one.start();
const children = [
  spawn("haproxy", ["-db", "-q", "-f", join(folder, "haproxy.cfg")], { stdio: "inherit" }),
  spawn(process.execPath, [main, "serve", "-c", join(folder, "sluice.yaml")], { stdio: "ignore" }),
];
try {
  const hosts = ["three.test", "named.test"];
  await Promise.all(sides.flatMap((side) => hosts.map((host) => healed(side, host))));
  const plan = { seconds: Number(values.seconds), rate: Number(values.rate) };
  console.log("| fault | HAProxy: failed | p99 | Sluice: failed | p99 |");
  console.log("| --- | --- | --- | --- | --- |");
  const of = (act: Fault["begin"]) => (side: Side) => act(side.origins.slice(0, 3));
  const rows: Row[] = FAULTS.map(({ name, begin, end }) => {
    return { name, host: "three.test", begin: of(begin), end: of(end) };
  });
  const moved = async ({ origins }: Side): Promise<void> => {
    isChanged.names = true;
    await sleep(2_500); // the old one goes when everybody could have heard of it
    await origins[2]?.kill();
  };
  const movedBack = ({ origins }: Side): void => {
    origins[2]?.start();
    isChanged.names = false;
  };
  const name = "its name leads elsewhere";
  rows.push({ name, host: "named.test", begin: moved, end: movedBack });
  for (const row of rows.filter(({ name }) => isWanted(name))) {
    for (let round = 0; round < Number(values.rounds); round++) await run(row, sides, plan);
  }
} finally {
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(sides.flatMap(({ origins }) => origins.map((one) => one.kill())));
  await names[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
}
