// What is to be live, and what comes of it when a step on the way fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultConfig } from "../../../../src/base/config/load.ts";
import { parseTenant } from "../../../../src/base/config/tenant.ts";
import { type LiveTenant, type LiveVersion, NO_SCRIPTS } from "../../../../src/control/live.ts";
import type { Candidate } from "../../../../src/fleet/main/live/candidate.ts";
import { ChangeLock } from "../../../../src/fleet/main/live/change-lock.ts";
import { FleetLive } from "../../../../src/fleet/main/live/live.ts";
import { Reconciler } from "../../../../src/fleet/main/live/reconciler.ts";
import { Reloader, type ReloaderOptions } from "../../../../src/fleet/main/live/reload.ts";
import { Generations, type Roster, rosterOf } from "../../../../src/fleet/main/live/roster.ts";
import type { Generation } from "../../../../src/fleet/shared/messages.ts";
import { NotReadyError } from "../../../../src/fleet/shared/start-errors.ts";
import { createLogger } from "../../../../src/observe/log.ts";
import { Metrics } from "../../../../src/observe/metrics.ts";
import { LimitTables } from "../../../../src/state/limit-tables.ts";
import { GroupControls } from "../../../../src/upstream/control/group-controls.ts";

const config = defaultConfig();

const VERSION: LiveVersion = {
  ...{ version: 1, percent: 100, name: "1", code: "", map: "{}", usesUrl: false },
  ...{ isDisabled: false, reason: "", timesEnabled: 0, isOfFile: false },
};

function tenant(name: string, id = name, versions: readonly LiveVersion[] = []): LiveTenant {
  const settings = { hosts: [`${name}.example`], upstreams: {} };
  const parsed = parseTenant(name, settings, { caps: {}, isStored: false });
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.mistakes));
  const scripts = { ...NO_SCRIPTS, versions };
  return { id, config: parsed.config, origin: "store", scripts, certificates: [] };
}

/** The workers, which do what they are told unless the test says otherwise. */
class FakePool {
  readonly hooks = new Map<string, number>();
  readonly steps: string[] = [];
  fails: "prepare" | "commit" | null = null;
  /** Called when they are prepared. */
  prepared: () => void = () => {};
  /** What serves. */
  generation: Generation;

  constructor(generation: Generation) {
    this.generation = generation;
  }

  async begin(): Promise<void> {
    const tenants = this.generation.tenants.map((spec) => ({
      ...spec,
      scripts: spec.scripts.map((one) => ({ ...one, isDisabled: true, reason: "it throws" })),
    }));
    this.generation = { ...this.generation, tenants };
  }

  async prepare({ number }: Generation): Promise<void> {
    this.steps.push(`prepare ${number}`);
    if (this.fails === "prepare") throw new NotReadyError("it does not start", false);
    this.prepared();
  }

  async abandon({ number }: Generation): Promise<void> {
    this.steps.push(`abandon ${number}`);
  }

  async commit(generation: Generation): Promise<void> {
    this.steps.push(`commit ${generation.number}`);
    this.generation = generation;
    if (this.fails === "commit") throw new Error("a worker broke down");
  }
}

const groups = new GroupControls(1);

function stand(tenants: readonly LiveTenant[]) {
  const generations = new Generations({ testerKey: () => "", limits: new LimitTables(), groups });
  const first = { config, roster: rosterOf(tenants), revision: 7 };
  const pool = new FakePool(generations.of(first.roster, config));
  const told: string[] = [];
  const feed = {
    begin(revision: number | null): Disposable {
      told.push(`stored ${revision}`);
      return { [Symbol.dispose]: () => void told.push(`served ${revision}`) };
    },
  };
  const reconciler = new Reconciler({ pool, generations, feed, first, groups });
  const gone: string[] = [];
  reconciler.whenGone((id) => gone.push(id));
  const idsOf = (roster: Roster): string[] => [...roster.values()].map(({ id }) => id);
  const ids = (): string[] => idsOf(reconciler.desired.roster);
  const wanted = (...names: LiveTenant[]) => ({ config, roster: rosterOf(names), revision: 7 });
  return { pool, reconciler, gone, ids, wanted, told };
}

const written = async () => 8;

test("what is wanted is prepared, written, committed, and then what is desired", async () => {
  const { pool, reconciler, gone, ids, wanted, told } = stand([tenant("a"), tenant("b", "b~1")]);
  const write = async (): Promise<number> => pool.steps.push("write") + 6;
  await reconciler.bring(wanted(tenant("a"), tenant("b", "b~2")), write);
  assert.deepEqual(pool.steps, ["prepare 2", "write", "commit 2"]);
  assert.deepEqual(ids(), ["a", "b~2"]);
  assert.equal(reconciler.desired.revision, 8, "of the store, as the write told");
  assert.deepEqual(told, ["stored 8", "served 8"]);
  assert.deepEqual(gone, ["b~1"], "another one of its name came");
});

test("what no worker can serve, or cannot be written, changes nothing", async () => {
  const { pool, reconciler, gone, ids, wanted } = stand([tenant("a")]);
  pool.fails = "prepare";
  const never = async () => assert.fail("it is not written");
  await assert.rejects(reconciler.bring(wanted(), never), NotReadyError);
  await assert.rejects(reconciler.check(wanted()), NotReadyError);
  pool.fails = null;
  const full = async () => Promise.reject(new Error("the disk is full"));
  await assert.rejects(reconciler.bring(wanted(), full), { message: "the disk is full" });
  await reconciler.check(wanted());
  assert.deepEqual(pool.steps.slice(-4), ["prepare 4", "abandon 4", "prepare 5", "abandon 5"]);
  assert.deepEqual([ids(), gone, reconciler.desired.revision], [["a"], [], 7]);
});

test("what was worked out from an older revision than serves is refused", async () => {
  const { pool, reconciler, ids, wanted } = stand([tenant("a")]);
  await reconciler.bring(wanted(tenant("b")), written);
  const steps = [...pool.steps];
  const stale = wanted(tenant("a"));
  const refusal = {
    name: "NotReadyError",
    message: /at revision 8 or later, got what 7/,
  };
  await assert.rejects(reconciler.bring(stale, written), refusal);
  await assert.rejects(reconciler.check(stale), refusal);
  assert.deepEqual([ids(), pool.steps], [["b"], steps]);
  await reconciler.bring({ ...stale, revision: 8 }, async () => null);
  assert.deepEqual([ids(), reconciler.desired.revision], [["a"], 8], "as new is new enough");
});

test("what a start finds new is a revision of the store, which it serves", async () => {
  const { reconciler, told } = stand([tenant("a")]);
  const found = await reconciler.start();
  await reconciler.keep(written, found);
  assert.deepEqual([reconciler.desired.revision, told], [8, ["stored 8", "served 8"]]);
});

test("once it is written it is what is desired, also if a worker breaks down", async () => {
  const { pool, reconciler, gone, ids, wanted, told } = stand([tenant("a")]);
  pool.fails = "commit";
  await assert.rejects(reconciler.bring(wanted(tenant("b")), written));
  assert.deepEqual([ids(), gone, reconciler.desired.revision], [["b"], ["a"], 8]);
  assert.deepEqual(told, ["stored 8", "served 8"]);
});

test("what does not start with the process stays out of service when the store is read again", async () => {
  const { reconciler, wanted } = stand([tenant("a", "a", [VERSION])]);
  await reconciler.start();
  const again = reconciler.stillOut(wanted(tenant("a", "a", [VERSION, VERSION])).roster);
  const [version] = again.get("a")?.scripts.versions ?? [];
  assert.deepEqual([version?.isDisabled, version?.reason], [true, "it throws"]);
  const other = reconciler.stillOut(wanted(tenant("a", "a", [{ ...VERSION, version: 2 }])).roster);
  assert.equal(other.get("a")?.scripts.versions[0]?.isDisabled, false);
});

/** One that reads what the store says at revision 8. */
const reloaderOf = ({ reconciler, pool, wanted }: ReturnType<typeof stand>, own: OwnReload) =>
  new Reloader({
    ...{ reconciler, pool, lock: new ChangeLock(), metrics: new Metrics(), started: config },
    logger: createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} }),
    read: () => config,
    isFileOwed: () => false,
    candidate: async () => {
      const more = { revision: { number: 8, lineage: "" }, inputs: [], record: async () => null };
      return { ...wanted(tenant("a")), ...more, ...own.found };
    },
    durable: { readValuesAt: async () => {} },
    feed: { reached: () => {} },
    ...own,
  });

type OwnReload = Partial<ReloaderOptions> & { readonly found?: Pick<Candidate, "record"> };

test("of a revision that is said to be served, flags and secrets were read too", async () => {
  const steps: string[] = [];
  let canRead = true;
  const reloader = reloaderOf(stand([tenant("a")]), {
    durable: {
      readValuesAt: async (revision) => {
        steps.push(`values at ${revision}`);
        if (!canRead) throw new Error("the store does not answer");
      },
    },
    feed: { reached: (revision) => void steps.push(`served ${revision}`) },
  });
  for (const reload of [() => reloader.readStore(), () => reloader.reload()]) {
    assert.equal((await reload()).ok, true);
    assert.deepEqual(steps.splice(0), ["values at 8", "served 8"]);
  }
  canRead = false;
  assert.equal((await reloader.readStore()).ok, false);
  assert.deepEqual(steps, ["values at 8"]);
});

test("what a reload finds new is refused before it is stored, where a successor is started", async () => {
  const all = stand([tenant("a")]);
  const lock = new ChangeLock();
  all.pool.prepared = () => void lock.seal("a successor is being started");
  const found = { record: async () => assert.fail("it was stored") };
  const result = await reloaderOf(all, { lock, found }).reload();
  const problems = ["a successor is being started"];
  assert.deepEqual(result, { ok: false, isClosed: true, problems });
  assert.equal(all.reconciler.desired.revision, 7);
});

test("what a successor may not read any more is refused before it is stored, and after that it is live", async () => {
  const { pool, reconciler, told } = stand([tenant("a")]);
  const lock = new ChangeLock();
  const processes = { breaker: "closed", isAlone: false } as const;
  const cells = { enable: () => false, trustOf: () => processes };
  const live = new FleetLive({ reconciler, lock, cells });
  const change = (write: () => Promise<number>) =>
    live.change({ plan: async () => new Map([["b", tenant("b")]]), write });
  let sealed: Promise<void> | null = null;
  const seal = (): void => {
    sealed = lock.seal("a successor is being started");
  };
  // sealed while the workers prepare, and while it is stored
  pool.prepared = seal;
  const early = await change(() => assert.fail("it was stored"));
  assert.deepEqual(early, {
    ...{ ok: false, step: "closed", isTimeout: false },
    problems: ["a successor is being started"],
  });
  assert.deepEqual(told, []);
  pool.prepared = () => {};
  lock.reopen();
  const late = change(async () => {
    seal();
    return 8;
  });
  assert.deepEqual(await late, { ok: true, revision: 8 });
  assert.deepEqual(told, ["stored 8", "served 8"]);
  await sealed;
  assert.equal((await change(() => assert.fail("it was stored"))).ok, false);
});
