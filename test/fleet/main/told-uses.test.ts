// Which keys of limits of all proxies are told of next: all have their turn, those of a tenant
// whose clients make keys up included, and nothing is remembered of keys that are gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { machineMs } from "../../../src/base/clock.ts";
import { CLUSTER_LIMITS } from "../../../src/base/cluster-limits.ts";
import { type OwnLimit, ToldUses } from "../../../src/fleet/main/told-uses.ts";
import { LimitTable } from "../../../src/state/limit-table.ts";
import { clusterLimits } from "../../../src/state/limit-uses.ts";
import { ALGORITHM, newDecision } from "../../../src/wire/limits/algorithms.ts";
import { LIMIT_NAMES_MAX } from "../../../src/wire/limits/layout.ts";
import { seedOf, takeFrom } from "../../../src/wire/limits/take.ts";

const AT_ONCE = CLUSTER_LIMITS.usesAtOnce;
const RULE = {
  ...{ algorithm: ALGORITHM.clusterWindow, limit: 1_000 },
  ...{ windowMs: 604_800_000, burst: 1_000 },
};
/** What the engine's clock is ahead. */
const CLOCK_MS = 10 * RULE.windowMs;
const TERMS = { nodes: 3, clockMs: CLOCK_MS, aloneFromMs: 0, aloneUntilMs: 0 };
const engineMs = (): number => machineMs() + CLOCK_MS;

class Tenant {
  readonly #table = LimitTable.make([1, 2], TERMS);
  readonly #name: string;

  constructor(name: string, names = ["calls"]) {
    this.#name = name;
    for (const one of names) this.#table.hold(one, RULE, names.length);
  }

  /** One request with each of these keys, at each limit. */
  take(from: number, count: number): void {
    const { memory } = this.#table;
    for (const { id, name } of this.limits) {
      const decision = Object.assign(newDecision(memory, RULE), { nowMs: machineMs() });
      const limit = { id, seed: seedOf(memory, name, RULE) };
      for (let i = from; i < from + count; i++) takeFrom(limit, `key ${i}`, decision);
    }
  }

  /** The number of its only limit is another one's from now on. */
  rename(to: string): void {
    this.#table.release([1]);
    this.#table.hold(to, RULE, 1);
  }

  get limits(): OwnLimit[] {
    const [table, tenant] = [this.#table, this.#name];
    return clusterLimits(table).map((limit) => ({ ...limit, tenant, table }));
  }
}

/** All that there is to tell. How many keys of which tenant each statement had. */
function tellAll(told: ToldUses, tenants: readonly Tenant[]): Record<string, number>[] {
  const statements: Record<string, number>[] = [];
  for (let isAll = false; !isAll; ) {
    const next = told.next(
      tenants.flatMap(({ limits }) => limits),
      false,
    );
    const keys = new Set(next.uses.map(({ limit, low, high }) => `${limit.tenant} ${low} ${high}`));
    assert.equal(keys.size, next.uses.length, "no key twice in one statement");
    for (const use of next.uses) told.told(use);
    const counts = Object.groupBy(next.uses, ({ limit }) => limit.tenant);
    statements.push(
      Object.fromEntries(Object.entries(counts).map(([name, uses]) => [name, uses?.length ?? 0])),
    );
    ({ isAll } = next);
  }
  return statements.filter((one) => Object.keys(one).length > 0);
}

test("a tenant with thousands of keys holds up no other's", () => {
  const [flooded, quiet] = [new Tenant("flooded"), new Tenant("quiet")];
  flooded.take(0, 2 * AT_ONCE);
  quiet.take(0, 1);
  const statements = tellAll(new ToldUses(), [flooded, quiet]);
  assert.deepEqual(statements[0], { flooded: AT_ONCE - 1, quiet: 1 });
  assert.deepEqual(statements.slice(1), [{ flooded: AT_ONCE }, { flooded: 1 }]);
});

test("keys that are always busy hold up none of the others", () => {
  const [told, tenant] = [new ToldUses(), new Tenant("busy")];
  const seen = new Set<string>();
  for (let i = 0; i < 3; i++) {
    tenant.take(0, 2 * AT_ONCE);
    for (const use of told.next(tenant.limits, false).uses) {
      seen.add(`${use.low} ${use.high}`);
      told.told(use);
    }
  }
  assert.equal(seen.size, 2 * AT_ONCE);
});

test("what was told of a key is forgotten with its place, and withdrawn", () => {
  const [told, tenant] = [new ToldUses(), new Tenant("flooded")];
  const names = new Set<string>();
  const isThere = ({ low, high }: { readonly low: number; readonly high: number }) =>
    names.delete(`${low} ${high}`);
  for (let i = 0; i < 4; i++) {
    tenant.take(i * 5_000, 5_000);
    for (let isAll = false; !isAll; ) {
      const next = told.next(tenant.limits, false);
      for (const use of next.uses) {
        told.told(use);
        names.add(`${use.low} ${use.high}`);
      }
      ({ isAll } = next);
    }
    for (const use of told.evicted(tenant.limits, engineMs())) assert.ok(isThere(use));
    assert.ok(names.size <= 8_192, `${names.size}`);
  }
  assert.deepEqual(told.evicted(tenant.limits, engineMs()), []);
  assert.equal(told.evicted(tenant.limits, engineMs() + 2 * RULE.windowMs).length, 0);
  assert.equal(told.next(tenant.limits, true).uses.length > 0, true, "all is told anew");
});

test("more busy limits than a statement has keys all have their turn", () => {
  const names = Array.from({ length: LIMIT_NAMES_MAX }, (_, i) => `limit-${i}`);
  const count = Math.ceil((AT_ONCE + 1) / names.length);
  const tenants = Array.from({ length: count }, (_, i) => new Tenant(`t${i}`, names));
  const [told, seen] = [new ToldUses(), new Set<string>()];
  for (let i = 0; i < 2; i++) {
    for (const tenant of tenants) tenant.take(0, 1);
    const limits = tenants.flatMap((tenant) => tenant.limits);
    for (const use of told.next(limits, false).uses) {
      seen.add(`${use.limit.tenant} ${use.limit.name}`);
      told.told(use);
    }
  }
  assert.equal(seen.size, count * names.length);
});

test("what was told of a limit that no script has any more is withdrawn under its name", () => {
  const [told, tenant] = [new ToldUses(), new Tenant("demo")];
  const named = () => told.evicted(tenant.limits, engineMs()).map(({ limit }) => limit.name);
  tenant.take(0, 2);
  tellAll(told, [tenant]);
  assert.deepEqual(named(), []);
  tenant.rename("other");
  assert.deepEqual(named(), ["calls", "calls"]);
  tenant.take(0, 1);
  tellAll(told, [tenant]);
  assert.deepEqual(named(), []);
  const gone = told.evicted([], engineMs()).map(({ limit }) => limit.name);
  assert.deepEqual([gone, named()], [["other"], []]);
});
