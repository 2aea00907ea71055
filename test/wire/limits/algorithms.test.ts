// Each algorithm against a model that keeps every request: what is let through, what remains, and
// when to come again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { LimitTable } from "../../../src/state/limit-table.ts";
import {
  ALGORITHM,
  type Decision,
  type LimitRule,
  newDecision,
} from "../../../src/wire/limits/algorithms.ts";
import { RING } from "../../../src/wire/limits/layout.ts";
import { seedOf, takeFrom } from "../../../src/wire/limits/take.ts";
import { fc } from "../../support/property.ts";

interface Answer {
  readonly isAllowed: boolean;
  readonly remaining: number;
}

/** Decides like the real one, from a list of all that it has let through. */
type Model = (nowMs: number, count: number) => Answer & { readonly retryAtMs: number };

const answerOf = (used: number, limit: number, count: number) => {
  const isAllowed = used + count <= limit;
  return { isAllowed, remaining: limit - used - (isAllowed ? count : 0) };
};

function fixedModel({ limit, windowMs }: LimitRule): Model {
  let startMs = Number.NEGATIVE_INFINITY;
  let used = 0;
  return (nowMs, count) => {
    const isOver = nowMs - startMs >= windowMs;
    const answer = answerOf(isOver ? 0 : used, limit, count);
    if (answer.isAllowed) [startMs, used] = isOver ? [nowMs, count] : [startMs, used + count];
    return { ...answer, retryAtMs: startMs + windowMs };
  };
}

function slidingModel({ limit, windowMs }: LimitRule): Model {
  const subMs = Math.ceil(windowMs / RING);
  const log: { readonly sub: number; readonly count: number }[] = [];
  const usedAt = (sub: number): number =>
    log.filter((one) => one.sub >= sub - RING).reduce((sum, { count }) => sum + count, 0);
  return (nowMs, count) => {
    const sub = Math.max(Math.floor(nowMs / subMs), log.at(-1)?.sub ?? 0);
    const answer = answerOf(usedAt(sub), limit, count);
    if (answer.isAllowed) log.push({ sub, count });
    let next = sub;
    while (count <= limit && usedAt(next) + count > limit) next++;
    return { ...answer, retryAtMs: next * subMs };
  };
}

/** A bucket that leaks, in parts of a ms, with what one request takes rounded up. */
function bucketModel({ limit, windowMs, burst }: LimitRule): Model {
  const PARTS = 2 ** 20;
  const each = Math.ceil((windowMs * PARTS) / limit);
  let owed = 0;
  let lastMs = 0;
  return (nowMs, count) => {
    const passed = (nowMs - lastMs) * PARTS;
    [owed, lastMs] = [Math.max(0, owed - passed), nowMs];
    const isAllowed = owed + count * each <= burst * each;
    if (isAllowed) owed += count * each;
    const remaining = Math.floor((burst * each - owed) / each);
    const waitMs = Math.ceil((owed + count * each - burst * each) / PARTS);
    return { isAllowed, remaining, retryAtMs: nowMs + waitMs };
  };
}

/** Those that count by time. */
type Timed = Exclude<keyof typeof ALGORITHM, "inFlight">;

const MODELS: Readonly<Record<Timed, (rule: LimitRule) => Model>> = {
  fixedWindow: fixedModel,
  slidingWindow: slidingModel,
  tokenBucket: bucketModel,
  // where nothing is shared
  clusterWindow: fixedModel,
};

const NUMBERS: Readonly<Record<string, number>> = ALGORITHM;

/** @param algorithm  its name */
const ruleOf = (algorithm: string) =>
  fc
    .record({
      limit: fc.integer({ min: 1, max: 40 }),
      windowMs: fc.integer({ min: 10, max: 5_000 }),
      burst: fc.integer({ min: 1, max: 40 }),
    })
    .map((rule): LimitRule => ({ ...rule, algorithm: NUMBERS[algorithm] ?? 0 }));

const requests = fc.array(
  fc.record({ afterMs: fc.nat({ max: 900 }), count: fc.integer({ min: 1, max: 5 }) }),
  { minLength: 1, maxLength: 120 },
);

class Limit {
  readonly table = LimitTable.make();
  readonly decision: Decision;
  readonly #seed;
  readonly #id;

  constructor(rule: LimitRule) {
    this.#id = this.table.hold("n", rule, 8);
    this.decision = newDecision(this.table.memory, rule);
    this.#seed = seedOf(this.table.memory, "n", rule);
  }

  take(key: string, nowMs: number, count = 1): Decision {
    Object.assign(this.decision, { nowMs, nowParts: 0, count });
    takeFrom({ id: this.#id, seed: this.#seed }, key, this.decision);
    return this.decision;
  }
}

for (const [algorithm, modelOf] of Object.entries(MODELS)) {
  const number = NUMBERS[algorithm] ?? 0;
  test(`${algorithm} lets through what a list of all requests would let through`, () => {
    fc.assert(
      fc.property(ruleOf(algorithm), requests, (rule, asked) => {
        const limit = new Limit(rule);
        const model = modelOf(rule);
        let nowMs = 1_000_000;
        for (const { afterMs, count } of asked) {
          nowMs += afterMs;
          const real = limit.take("key", nowMs, count);
          const expected = model(nowMs, count);
          assert.equal(real.isAllowed, expected.isAllowed);
          assert.equal(real.remaining, Math.max(0, expected.remaining));
          if (real.isAllowed || count > rule.limit || count > rule.burst) continue;
          assert.equal(real.retryAfterMs, Math.max(1, expected.retryAtMs - nowMs));
        }
      }),
      { numRuns: 150 },
    );
  });

  test(`${algorithm} lets a key through again when it said so, and not sooner`, () => {
    fc.assert(
      fc.property(ruleOf(algorithm), (rule) => {
        const limit = new Limit(rule);
        const most = algorithm === "tokenBucket" ? rule.burst : rule.limit;
        const nowMs = 1_000_000;
        for (let i = 0; i < most; i++) assert.equal(limit.take("key", nowMs).isAllowed, true);
        const { isAllowed, retryAfterMs } = limit.take("key", nowMs);
        assert.equal(isAllowed, false);
        assert.equal(limit.take("key", nowMs + retryAfterMs - 1).isAllowed, false);
        assert.equal(limit.take("key", nowMs + retryAfterMs).isAllowed, true);
      }),
      { numRuns: 100 },
    );
  });

  test(`${algorithm} counts a turn whose time is older by the later time`, () => {
    const rule = { limit: 10, windowMs: 1_000, burst: 10, algorithm: number };
    const limit = new Limit(rule);
    for (let i = 0; i < 10; i++) limit.take("key", 1_000_000 + i);
    assert.equal(limit.take("key", 999_000).isAllowed, false);
  });

  test(`${algorithm} is exact while two threads decide about one key`, async () => {
    const rule = { limit: 1_000, windowMs: 86_400_000, burst: 1_000 };
    const { table } = new Limit({ ...rule, algorithm: number });
    const code = `
      const { parentPort, workerData: { modules, buffers, rule, times } } =
        require("node:worker_threads");
      (async () => {
        const { LimitTable } = await import(modules + "src/state/limit-table.ts");
        const { newDecision } = await import(modules + "src/wire/limits/algorithms.ts");
        const { seedOf, takeFrom } = await import(modules + "src/wire/limits/take.ts");
        const { memory } = new LimitTable(buffers);
        const decision = newDecision(memory, rule);
        const name = { id: 1, seed: seedOf(memory, "n", rule) };
        let allowed = 0;
        for (let i = 0; i < times; i++) {
          decision.nowMs = 1_000_000 + Math.floor(i / 5);
          takeFrom(name, "key", decision);
          if (decision.isAllowed) allowed++;
        }
        parentPort.postMessage(allowed);
      })();`;
    const workerData = {
      modules: new URL("../../../", import.meta.url).href,
      buffers: table.buffers,
      rule: { ...rule, algorithm: number },
      times: 20_000,
    };
    const allowed = [1, 2].map(
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(code, { eval: true, workerData });
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    );
    const [one = 0, two = 0] = await Promise.all(allowed);
    assert.equal(one + two, 1_000);
    const [summary] = table.list();
    assert.equal(summary?.allowed, 1_000n);
    assert.equal(summary.refused, 39_000n);
  });
}
