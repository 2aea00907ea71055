// Rate limits of all proxies: three of them, and an engine that answers late, or not at all. In no
// window do they let through more than the limit and what each may have untold. Time is the test's.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { machineMs, machineTime } from "../../../src/base/clock.ts";
import type { SharedUse } from "../../../src/control/store/cluster/shared-uses.ts";
import { ClusterLimits } from "../../../src/fleet/main/cluster-limits.ts";
import { LimitTables } from "../../../src/state/limit-tables.ts";
import { ALGORITHM, newDecision } from "../../../src/wire/limits/algorithms.ts";
import { engineMs, shareOf, untoldMax } from "../../../src/wire/limits/cluster.ts";
import { seedOf, takeFrom } from "../../../src/wire/limits/take.ts";
import { Folder } from "../../control/store-stand.ts";
import { OwnTime } from "../../support/own-time.ts";

const NODES = 3;
const LIMIT = 300;
const WINDOW_MS = 300;
const BOUND = LIMIT + NODES * untoldMax(LIMIT, NODES);
const RULE = {
  ...{ algorithm: ALGORITHM.clusterWindow, limit: LIMIT },
  ...{ windowMs: WINDOW_MS, burst: LIMIT },
};

/** By which the engine's clock is ahead of everybody's: an hour. */
const AHEAD_MS = 3_600_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** From 0 to 1, the same at each run. */
function draws(): () => number {
  let state = 1;
  return () => {
    state = Math.imul(state, 48_271) >>> 0;
    return state / 2 ** 32;
  };
}

class Engine {
  readonly draw = draws();
  readonly #rows = new Map<string, Map<string, number>>();
  readonly #lost = new Map<string, number>();
  isStopped = false;
  lateMs = (): number => 0;

  of(id: string) {
    const lost = this.#lost;
    return {
      get lostAtMs() {
        return lost.get(id) ?? null;
      },
      exchange: (uses: readonly SharedUse[], run: string) => this.#exchange(id, uses, run),
      forget: async () => {},
      withdraw: async () => {},
      reset: async () => {
        for (const row of this.#rows.values()) row.set("", -sum(row));
      },
    };
  }

  /** It answers again; each finds that out when it finds it out. */
  start(): void {
    this.isStopped = false;
    for (const id of this.#lost.keys()) {
      setTimeout(() => this.#lost.delete(id), this.draw() * WINDOW_MS);
    }
  }

  async #exchange(id: string, uses: readonly SharedUse[], run: string) {
    await sleep(this.lateMs() / 2);
    if (this.isStopped) {
      this.#lost.set(id, Date.now());
      return null;
    }
    const totals = uses.map(({ number, key, used }) => {
      const name = `${number} ${key}`;
      const row = this.#rows.get(name) ?? new Map<string, number>();
      this.#rows.set(name, row.set(run, Math.max(row.get(run) ?? 0, used)));
      return sum(row);
    });
    const atMs = machineMs() + AHEAD_MS;
    await sleep(this.lateMs() / 2);
    return { totals, nodes: NODES, atMs };
  }
}

const windowNow = (): number => Math.floor((Math.floor(machineMs()) + AHEAD_MS) / WINDOW_MS);

const sum = (row: ReadonlyMap<string, number>): number =>
  [...row.values()].reduce((all, one) => all + one, 0);

/** One proxy: what it lets through, by windows. */
class Limiter {
  readonly passed = new Map<number, number>();
  readonly limits: ClusterLimits;
  readonly #take: () => boolean;

  constructor(engine: Engine, folder: string, run: string) {
    const tables = new LimitTables();
    tables.share(Buffer.alloc(8, 7));
    const shared = engine.of(run);
    const times = { aloneAfterMs: WINDOW_MS / 3, settledAfterMs: 2 * WINDOW_MS };
    this.limits = new ClusterLimits({ shared, tables, folder, run, cells: () => null, times });
    const table = tables.of("shop");
    const id = table.hold("requests", RULE, 1);
    const decision = newDecision(table.memory, RULE);
    const name = { id, seed: seedOf(table.memory, "requests", RULE) };
    this.#take = () => {
      const { ms, parts } = machineTime();
      Object.assign(decision, { nowMs: ms, nowParts: parts });
      takeFrom(name, "key", decision);
      const number = Math.floor(engineMs(table.memory.cluster, ms) / WINDOW_MS);
      const more = decision.isAllowed ? 1 : 0;
      this.passed.set(number, (this.passed.get(number) ?? 0) + more);
      return decision.isAllowed;
    };
  }

  take(times: number): number {
    let passed = 0;
    for (let i = 0; i < times; i++) passed += this.#take() ? 1 : 0;
    return passed;
  }
}

/** Between two times that requests come. */
const STEP_MS = 2;

class Stand implements AsyncDisposable {
  readonly engine = new Engine();
  readonly proxies: Limiter[] = [];
  readonly time: OwnTime;
  readonly #folders: Folder[] = [];

  private constructor(time: OwnTime) {
    this.time = time;
  }

  static async make(t: TestContext): Promise<Stand> {
    const stand = new Stand(new OwnTime(t));
    for (let i = 0; i < NODES; i++) {
      const folder = await Folder.make();
      stand.#folders.push(folder);
      const proxy = new Limiter(stand.engine, folder.path, `run ${i}`);
      stand.proxies.push(proxy);
      await stand.time.during(proxy.limits.load());
      proxy.limits.start();
    }
    return stand;
  }

  /** @param times  how often each proxy is asked in a step, for so many windows */
  async load(times: readonly number[], windows: number): Promise<void> {
    for (let passedMs = 0; passedMs < windows * WINDOW_MS; passedMs += STEP_MS) {
      for (const [i, proxy] of this.proxies.entries()) proxy.take(times[i] ?? 0);
      await this.time.pass(STEP_MS);
    }
  }

  /** What all let through in each window. */
  get passed(): number[] {
    const numbers = new Set(this.proxies.flatMap(({ passed }) => [...passed.keys()]));
    const of = (number: number) =>
      this.proxies.reduce((all, { passed }) => all + (passed.get(number) ?? 0), 0);
    return [...numbers].sort((one, two) => one - two).map(of);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { limits } of this.proxies) await this.time.during(limits.stop());
    for (const folder of this.#folders) await folder[Symbol.asyncDispose]();
  }
}

for (const lateMs of [0, 80]) {
  test(`skewed load: never beyond the bound, with answers up to ${lateMs} ms late`, async (t) => {
    await using stand = await Stand.make(t);
    stand.engine.lateMs = () => stand.engine.draw() * lateMs;
    await stand.load([40, 5, 5], 5);
    assert.ok(Math.max(...stand.passed) <= BOUND, `${stand.passed} of ${BOUND}`);
    assert.ok(Math.max(...stand.passed) > LIMIT / 2, `${stand.passed}`);
  });
}

test("one proxy alone has more of a window than its share", async (t) => {
  await using stand = await Stand.make(t);
  await stand.load([20, 0, 0], 3);
  assert.ok(Math.max(...stand.passed) > shareOf(LIMIT, NODES), `${stand.passed}`);
});

test("without the engine each goes on with its share, and the bound holds until it is back", async (t) => {
  await using stand = await Stand.make(t);
  await stand.load([40, 5, 5], 1.5);
  stand.engine.isStopped = true;
  await stand.load([40, 5, 40], 4);
  const alone = stand.passed.at(-2) ?? 0;
  assert.ok(alone >= 2 * shareOf(LIMIT, NODES) - 1, `${stand.passed}`);
  stand.engine.start();
  await stand.load([40, 40, 5], 4);
  assert.ok(Math.max(...stand.passed) <= BOUND, `${stand.passed} of ${BOUND}`);
});

test("a key that is reset is let through again by all of them", async (t) => {
  await using stand = await Stand.make(t);
  const { time, proxies } = stand;
  const [first] = proxies;
  assert.ok(first !== undefined);
  // at the beginning of a window
  const before = windowNow();
  while (windowNow() === before) await time.pass(1);
  assert.equal(first.take(LIMIT), untoldMax(LIMIT, NODES), "what may be untold");
  assert.equal(first.take(1), 0);
  await time.during(first.limits.exchange());
  assert.equal(first.take(LIMIT), untoldMax(LIMIT, NODES), "told once: as many again");
  const reset = (name: string) => time.during(first.limits.reset("shop", name, null));
  assert.equal(await reset("requests"), true);
  assert.equal(await reset("none"), false);
  assert.equal(first.take(LIMIT), untoldMax(LIMIT, NODES));
});
