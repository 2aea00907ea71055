// What a script adds to a request, without sockets and HTTP: the two chains of the bench's script
// through the real phases, in the inline lane or in a cell of its own; or, given the bytes of a
// chunk, one chunk in each direction through the hooks of peers/sluice-body-script.ts. The lowest
// of many short runs counts, since others use the machine too.
//
//     node bench/micro/lanes.ts [inline|cell] [requests at a time] [runs] [bytes of a chunk]

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { ReadTap } from "../../src/base/read-tap.ts";
import { bundleScript } from "../../src/control/bundle.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { CellProcess } from "../../src/fleet/cells/cell-process.ts";
import { findSandbox } from "../../src/fleet/children/sandbox.ts";
import { socketPair } from "../../src/fleet/worker/socket-pair.ts";
import { type Deployment, unexplained } from "../../src/phases/deployment.ts";
import { Exchange } from "../../src/phases/exchange.ts";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import type { Lane } from "../../src/sandbox/call.ts";
import { CellLane } from "../../src/sandbox/cell/cell-lane.ts";
import { CellLink } from "../../src/sandbox/cell/cell-link.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { NO_VALUES } from "../../src/sandbox/values.ts";
import { CellCounts } from "../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../src/state/counters.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { HOOKS } from "../../src/wire/phases.ts";
import { NO_SERVICES } from "../../test/support/services.ts";

const [kind = "inline", atOnce = "32", runs = "20", chunkBytes = "0"] = process.argv.slice(2);
const chunk = { bytes: Buffer.alloc(Number(chunkBytes), "a"), isEnd: false };
const hasBodies = chunk.bytes.length > 0;
const REQUESTS = 5_000;
const TENANT = "bench";
const REQUEST = "Host: 127.0.0.1:8080\r\nX-Forwarded-For: 127.0.0.1\r\n";
const RESPONSE =
  "Server: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 21:00:00 GMT\r\n" +
  "Content-Type: text/plain\r\nContent-Length: 20\r\n";

const limits = limitsOf({}, {});
const peer = toPeer("127.0.0.1:9001", {});
if (peer === null) throw new Error("expected a peer");
const facts = { peer, local: "127.0.0.1:43210", tls: false, connectMs: 0.2 };
const runtime = await buildRuntime();
const file = hasBodies ? "../peers/sluice-body-script.ts" : "../peers/sluice-script.ts";
const bundle = await bundleScript(join(import.meta.dirname, file));
if (!bundle.ok) throw new Error("the script does not bundle");
const script = { code: bundle.code };
const buffers = createCounterBuffers();

let turns = 0;
const observer = {
  turn: () => {
    turns++;
  },
  lost: (failure: { message: string }) => console.error(failure.message),
  stray: console.error,
  asked: () => {},
  log: () => {},
  enter: () => {},
  leave: () => {},
};
const common = { ...limits, observer, values: () => NO_VALUES };

interface Started {
  readonly lane: Lane;
  readonly mask: number;
  /** Time that the cell has used, in ms. */
  usedMs(): number;
  stop(): void;
}

function startInline(): Started {
  const counters = new CounterTable(buffers);
  const create = () =>
    new ScriptIsolate({
      ...{ runtime, script, limits, env: {}, memoryMiB: 64, startupMs: 1_000 },
      counters: buffers.counts,
      slotOf: (name) => counters.hold({ tenant: TENANT, name }, COUNTERS_MAX),
    });
  const first = create();
  if ("error" in first.loaded) throw new Error(first.loaded.error.message);
  const lane = new InlineLane({ ...common, create }, first);
  return { lane, mask: first.loaded.mask, usedMs: () => 0, stop: () => lane.dispose() };
}

async function startCell(): Promise<Started> {
  const tap = new ReadTap();
  const [toCell, fromCell] = await Promise.all([socketPair(), socketPair(tap)]);
  const cell = new CellProcess({
    id: 1,
    runtime,
    sandbox: await findSandbox("auto", process.env.PATH ?? ""),
    memoryBytes: 2 ** 30,
    group: null,
    workers: [[1, toCell.descriptor, fromCell.descriptor]],
    onLine: console.error,
    onReport: () => {},
  });
  await cell.ready;
  for (const { far } of [toCell, fromCell]) far.destroy();
  const counts = new CellCounts(buffers);
  cell.tell({ type: "tenant", name: TENANT, counters: [] });
  const deployment = { ...limits, key: 1, tenant: TENANT, script, env: {}, limits };
  const result = await cell.load(deployment, false);
  if (result === null || "error" in result) throw new Error("the script does not start");
  const lane = new CellLane({
    ...{ ...common, key: 1, lane: 1, turnWaitMs: 1_000, disposed: () => {} },
    count: (note) => counts.apply(TENANT, note, COUNTERS_MAX),
  });
  const link = new CellLink(
    { toCell: toCell.near, fromCell: fromCell.near, tap },
    { receive: (message, from) => lane.receive(message, from), fault: console.error },
  );
  lane.attach(link, null);
  const stop = (): void => {
    lane.dispose();
    link.close();
    cell.kill();
  };
  return { lane, mask: result.mask, usedMs: () => cellMs(cell.pid), stop };
}

/** All threads of the processes below. */
function cellMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const own = Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  return children.reduce((sum, child) => sum + (child === "" ? 0 : cellMs(Number(child))), own);
}

const { lane, mask, usedMs, stop } = kind === "cell" ? await startCell() : startInline();

const deployment: Deployment = {
  ...{ tenant: TENANT, name: "v1", hooks: mask, lane, failOpen: false },
  bodies: { request: 0, response: 0 },
  health: VersionHealth.disabled(),
  explain: unexplained,
  log: () => {},
  observe: () => {},
  redact: String,
  tenantId: "",
  countFailure: (hook, code) => {
    throw new Error(`${hook}: ${code}`);
  },
};

let left = 0;
let done: () => void = () => {};
let open = 0;

function begin(): void {
  if (left-- <= 0) {
    if (--open === 0) done();
    return;
  }
  const exchange = new Exchange({
    ...{ id: "0123456789abcdef01234567", startMs: Date.now() + 0.25, tenant: TENANT, meter: null },
    ...{
      client: { address: "127.0.0.1", port: 54_321, tls: false },
      minor: 1,
      deployment,
    },
    ...{
      host: "127.0.0.1:8080",
      authority: "127.0.0.1:8080",
      states: null,
      mayHaveTrailers: false,
    },
    ...NO_SERVICES,
    ...{ method: "GET", target: "/", headers: REQUEST },
  });
  const { request, requestBody } = CHAIN;
  const input = hasBodies ? { chain: requestBody, chunk } : { chain: request, chunk: null };
  runPhases(exchange, input, () => answer(exchange));
}

function answer(exchange: Exchange): void {
  exchange.upstream = facts;
  exchange.isReused = true;
  exchange.response = { status: 200, headers: RESPONSE, mayHaveId: false };
  const { response, responseBody } = CHAIN;
  const input = hasBodies ? { chain: responseBody, chunk } : { chain: response, chunk: null };
  runPhases(exchange, input, ({ error, body }) => {
    if (error !== null) throw error;
    if (hasBodies && body?.length !== chunk.bytes.length) throw new Error("the chunk is lost");
    begin();
  });
}

async function run(): Promise<{ own: number; cell: number; wall: number; turns: number }> {
  left = REQUESTS;
  turns = 0;
  open = Number(atOnce);
  const { promise, resolve } = Promise.withResolvers<void>();
  done = resolve;
  const [cpu, cellBefore, startMs] = [process.cpuUsage(), usedMs(), performance.now()];
  for (let i = 0; i < Number(atOnce); i++) begin();
  await promise;
  const wall = ((performance.now() - startMs) * 1_000) / REQUESTS;
  const { user, system } = process.cpuUsage(cpu);
  const cell = ((usedMs() - cellBefore) * 1_000) / REQUESTS;
  return { own: (user + system) / REQUESTS, cell, wall, turns: turns / REQUESTS };
}

const results: Awaited<ReturnType<typeof run>>[] = [];
for (let i = 0; i < Number(runs); i++) results.push(await run());
const least = (pick: (result: (typeof results)[number]) => number): string =>
  Math.min(...results.map(pick)).toFixed(2);
console.log(`${HOOKS.filter((_, hook) => (mask >> hook) & 1).join(", ")}: µs of a request`);
console.log(`worker ${least((one) => one.own)}, cell ${least((one) => one.cell)}`);
console.log(`both ${least((one) => one.own + one.cell)}, wall ${least((one) => one.wall)}`);
console.log(`first run ${results[0]?.own.toFixed(2)} and ${results[0]?.cell.toFixed(2)}`);
console.log(`turns a request ${results.at(-1)?.turns.toFixed(3)}`);
stop();
