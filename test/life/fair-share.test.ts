// Tenants that share a cell share its processor: who wants more than there is waits, or is
// answered 503, and nobody else does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand, COUNTS } from "./cell-stand.ts";
import { exchange } from "./raw-client.ts";
import { SteadyLoad } from "./steady-load.ts";

/** Its hook takes far longer than a turn may. */
const BUSY = `import { counter, definePhases } from "sluice";
const [ran, logged] = [counter("ran"), counter("logged")];
export default definePhases({
  requestFilter() {
    ran.incr();
    for (let i = 0; i < 2e6; i++) Math.imul(i, i);
    return new Response("done");
  },
  logging() { logged.incr(); },
});`;

const FILES = { "busy.ts": BUSY, "quiet.ts": COUNTS };
const LIMITS = { hookMs: 10_000, requestCpuMs: 60_000 };
/** Long hooks while 400 short ones run: one turn for one of each would be some 400. */
const ENOUGH = 200;

test("a quiet tenant has its turns between those of tenants that are never done", async (context) => {
  const busy = Array.from({ length: 8 }, (_, index) => `busy${index}`);
  const tenants = Object.fromEntries(
    busy.map((name) => [name, { script: "busy.ts", limits: LIMITS }]),
  );
  await using stand = await CellStand.start({
    files: FILES,
    tenants: { ...tenants, quiet: { script: "quiet.ts" } },
  });
  const { port } = stand.proxy;
  const loads = busy.map((name) => new SteadyLoad(port, 4, { host: `${name}.example` }));
  await Promise.all(loads.map((load) => load.more(4)));
  const quiet = stand.load("quiet", 8);
  const burnt = (): number[] => [0, 1].map((cell) => sumOf(loads, cell));
  let beside = Number.POSITIVE_INFINITY;
  // a machine that keeps this process from asking leaves the cells to the others meanwhile
  for (let tries = 0; beside >= ENOUGH && tries < 10; tries++) {
    const before = burnt();
    await quiet.more(400);
    // a group has two cells, and tenants come to them in turn: it shares one with every other
    const each = burnt().map((all, cell) => all - (before[cell] ?? 0));
    beside = Math.min(beside, ...each);
  }
  await Promise.all([quiet, ...loads].map((load) => load.stop()));
  assert.deepEqual(
    [quiet, ...loads].flatMap(({ failures }) => failures),
    [],
  );
  context.diagnostic(`${beside} long hooks ran while 400 short ones did`);
  assert.ok(beside < ENOUGH, `${beside} long hooks ran while 400 short ones did`);
});

const sumOf = (loads: readonly SteadyLoad[], cell: number): number =>
  loads.reduce((sum, { answered }, index) => sum + (index % 2 === cell ? answered : 0), 0);

test("a tenant that is behind with its own turns is answered 503, and runs nothing for it", async () => {
  await using stand = await CellStand.start({
    files: FILES,
    tenants: {
      busy: { script: "busy.ts", limits: { ...LIMITS, turnWaitMs: 1 } },
      apart: { script: "quiet.ts" },
      quiet: { script: "quiet.ts" },
    },
  });
  const quiet = stand.load("quiet", 2);
  const ask = async (): Promise<string> => {
    const head = "GET / HTTP/1.1\r\nHost: busy.example\r\nConnection: close\r\n\r\n";
    const { status, body, lines } = await exchange(stand.proxy.port, head);
    if (status === 200) return body;
    assert.equal(status, 503);
    assert.ok(lines.includes("Retry-After: 1"), lines.join());
    return JSON.parse(body).code;
  };
  const answers: string[] = [];
  for (const _ of Array(8)) {
    const eager = async (): Promise<void> => {
      for (let i = 0; i < 6; i++) answers.push(await ask());
    };
    await Promise.all(Array.from({ length: 24 }, eager));
    if (answers.includes("script_busy")) break;
  }
  assert.deepEqual([...new Set(answers)].sort(), ["done", "script_busy"]);
  const done = answers.filter((answer) => answer === "done").length;
  while ((await ask()) !== "done"); // its logging hooks may still have their turns
  await quiet.stop();
  assert.deepEqual(quiet.failures, []);
  const countOf = async (name: string): Promise<number> =>
    Number(new RegExp(`name="${name}".* (\\d+)\n`).exec(await stand.proxy.metrics())?.[1]);
  while ((await countOf("logged")) < done + 1);
  assert.deepEqual([await countOf("ran"), await countOf("logged")], [done + 1, done + 1]);
});
