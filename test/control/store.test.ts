// What the store keeps, refuses and tells apart, through its interface.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { type AuditFilter, StoreError, type StoreFault } from "../../src/control/store/store.ts";
import { add, audit, deployment, Folder, memoryStore, NEWEST, share } from "./store-stand.ts";

const faultIs = (fault: StoreFault) => (error: unknown) =>
  error instanceof StoreError && error.fault === fault;

describe("deployments", () => {
  it("have versions that count from 1 for each tenant, and come back whole", async () => {
    const { store } = await memoryStore();
    const smoke = [
      { name: "up", method: "GET", path: "/", headers: {}, body: null, expect: { status: 200 } },
    ];
    const given = deployment({ code: "é\u{1F600}\0", smoke });
    assert.deepEqual([await add(store, given), await add(store, given)], [1, 2]);
    assert.equal(await add(store, deployment({ tenant: "other" })), 1);
    const stored = await store.deployment("demo", 2);
    assert.partialDeepStrictEqual(stored, { ...given, version: 2, state: "ready" });
    const [line] = await store.audit({ tenant: "demo" }, NEWEST);
    assert.equal(line?.target, "version 2");
    assert.equal(await store.deployment("demo", 3), null);
    await store.close();
  });

  it("come back with U+FFFD for half a character, which no engine keeps", async () => {
    const { store } = await memoryStore();
    await add(store, deployment({ message: "half \ud83d" }));
    const [made] = await store.deployments("demo", NEWEST);
    assert.equal(made?.message, "half \ufffd");
    await store.close();
  });

  it("are listed from the newest, a page at a time", async () => {
    const { store } = await memoryStore();
    for (let i = 0; i < 5; i++) await add(store);
    const first = await store.deployments("demo", { before: null, limit: 2 });
    assert.deepEqual(
      first.map(({ version }) => version),
      [5, 4],
    );
    const next = await store.deployments("demo", { before: 4, limit: 2 });
    assert.deepEqual(
      next.map(({ version }) => version),
      [3, 2],
    );
    await store.close();
  });

  it("lose sources and bundle when they are old, but for those with traffic and those before", async () => {
    const { store } = await memoryStore();
    const beside = (whole: number) => (version: number) => [
      { version: whole, percent: 100 },
      { version, percent: 0 },
    ];
    await add(store);
    await add(store);
    // 2 had all of the traffic before, so a rollback goes there; 3 never had
    await add(store, deployment(), beside(2));
    await share(store, [
      { version: 1, percent: 50 },
      { version: 3, percent: 50 },
    ]);
    for (let i = 0; i < 55; i++) await add(store, deployment(), beside(1));
    const list = await store.deployments("demo", NEWEST);
    const left = list.filter(({ isPruned }) => !isPruned).map(({ version }) => version);
    assert.equal(left.length, LIMITS.deploymentsKept + 2);
    assert.deepEqual(left.slice(-3), [9, 2, 1]);
    assert.equal(await store.deployment("demo", 3), null);
    assert.equal((await store.deployment("demo", 1))?.state, "ready");
    assert.equal(await store.nextVersion("demo"), 59);
    await assert.rejects(share(store, [{ version: 3, percent: 100 }]), /its bundle is gone/);
    await store.close();
  });

  it("lose traffic and service in one change, or neither", async () => {
    const { store } = await memoryStore();
    for (let i = 0; i < 2; i++) await add(store);
    const stickyBy = { kind: "address" } as const;
    const back = (version: number) =>
      store.release([
        {
          ...{ tenant: "demo", deployment: null, audit: [audit("traffic.rollback.automatic")] },
          traffic: {
            ...{ versions: [{ version, percent: 100 }], stickyBy, isRollback: true },
            disables: { version: 2, reason: "taken back: script errors" },
          },
        },
      ]);
    const states = async () =>
      (await store.deployments("demo", NEWEST)).map(({ state, reason }) => [state, reason]);
    await assert.rejects(back(7), faultIs("not_found"));
    assert.deepEqual((await states())[0], ["ready", ""]);
    await back(1);
    assert.deepEqual((await states())[0], ["disabled", "taken back: script errors"]);
    await store.close();
  });

  it("must be ready to get traffic, and of several changes none is made if one is refused", async () => {
    const { store } = await memoryStore();
    await add(store);
    const none = share(store, [
      { version: 1, percent: 50 },
      { version: 2, percent: 50 },
    ]);
    await assert.rejects(none, faultIs("not_found"));
    const disabled = { state: "disabled", reason: "taken back" } as const;
    await store.setDeploymentState({ tenant: "demo", version: 1 }, disabled, audit("s"));
    assert.equal((await store.deployments("demo", NEWEST))[0]?.reason, "taken back");
    await assert.rejects(share(store, [{ version: 1, percent: 100 }]), faultIs("conflict"));
    const nobody = store.setDeploymentState({ tenant: "demo", version: 9 }, disabled, audit("s"));
    await assert.rejects(nobody, faultIs("not_found"));
    const stickyBy = { kind: "address" } as const;
    const both = store.release([
      {
        tenant: "other",
        deployment: { ...deployment({ tenant: "other" }), version: 1 },
        traffic: { versions: [{ version: 1, percent: 100 }], stickyBy },
        audit: [audit("deployment.create", "other")],
      },
      {
        tenant: "demo",
        deployment: { ...deployment(), version: 7 },
        traffic: { versions: [{ version: 7, percent: 100 }], stickyBy },
        audit: [audit("deployment.create")],
      },
    ]);
    await assert.rejects(both, /Cannot store version 7 of tenant demo: expected version 2/);
    assert.deepEqual(await store.deployments("other", NEWEST), []);
    assert.equal(await store.traffic("other"), null);
    const actions = (await store.audit({ tenant: null }, NEWEST)).map(({ action }) => action);
    assert.deepEqual(actions, ["s", "deployment.create"], "nothing of what was refused");
    await store.close();
  });
});

describe("flags, tokens, counters", () => {
  it("keep a flag's value as the JSON that it was", async () => {
    const { store } = await memoryStore();
    for (const value of [true, 0, "é", null, { a: [1, { b: null }] }]) {
      await store.putFlag("demo", { name: "f", value }, audit("flag.put"));
      assert.deepEqual((await store.flags("demo"))[0]?.value, value);
    }
    await store.deleteFlag("demo", "f", audit("flag.delete"));
    await assert.rejects(store.deleteFlag("demo", "f", audit("x")), faultIs("not_found"));
    await store.close();
  });

  it("know a token by its hash alone", async () => {
    const { store } = await memoryStore();
    const hash = Buffer.alloc(32, 7);
    const token = { id: "one", role: "operator", tenant: null, expiresAtMs: 5 } as const;
    await store.addToken(token, hash, audit("token.create", null));
    assert.partialDeepStrictEqual(await store.tokenByHash(hash), token);
    assert.equal(await store.tokenByHash(Buffer.alloc(32, 8)), null);
    const again = store.addToken({ ...token, id: "two" }, hash, audit("token.create", null));
    await assert.rejects(again, faultIs("conflict"));
    await store.deleteToken("one", audit("token.delete", null));
    assert.equal(await store.tokenByHash(hash), null);
    await store.close();
  });

  it("find lines of the audit log by who, what, when and where, all together", async () => {
    const { store } = await memoryStore();
    const lines = [
      ["sluice", "deployment.create", "demo"],
      ["token:env", "deployment.create", "shop"],
      ["sluice", "deployment.disable", "shop"],
      ["sluice", "deployments", "shop"],
      ["file", "traffic.set", null],
    ] as const;
    for (const [actor, action, tenant] of lines) {
      await store.addAudit({ ...audit(action, tenant), actor });
    }
    const all = await store.audit({ tenant: null }, NEWEST);
    const [newest, oldest] = [all[0]?.atMs ?? 0, all.at(-1)?.atMs ?? 0];
    const found = async (filter: Partial<AuditFilter>) =>
      (await store.audit({ tenant: null, ...filter }, NEWEST)).map(({ id }) => id);
    assert.deepEqual(await found({ actor: "sluice" }), [4, 3, 1]);
    assert.deepEqual(await found({ action: "deployment" }), [3, 2, 1]);
    assert.deepEqual(await found({ action: "deployment.create", tenant: "shop" }), [2]);
    assert.deepEqual(await found({ action: "%", actor: "sluice" }), []);
    assert.deepEqual(await found({ after: 3 }), [5, 4]);
    assert.deepEqual(await found({ fromMs: oldest, toMs: newest + 1 }), [5, 4, 3, 2, 1]);
    assert.deepEqual(await found({ toMs: oldest }), []);
    assert.deepEqual(await found({ fromMs: newest + 1 }), []);
    await store.close();
  });

  it("save counters of 64 bits, each over its last value", async () => {
    const { store } = await memoryStore();
    const values = [2n ** 63n - 1n, -(2n ** 63n), 0n, 12n];
    for (const value of values) {
      const counter = { tenant: "demo", name: "c", value };
      await store.saveCounters([counter]);
      assert.deepEqual(await store.counters(), value === 0n ? [] : [counter]);
    }
    await store.close();
  });
});

describe("the file", () => {
  it("keeps everything from one opening to the next, for this user's eyes only", async () => {
    await using folder = await Folder.make();
    const first = await folder.open();
    await add(first.store);
    await first.store.putSecret("demo", { name: "s", value: "hunter2" }, audit("secret.put"));
    const files = readdirSync(folder.path);
    assert.ok(files.includes("sluice.db-wal"), "it is looked at while it is open");
    for (const name of files) {
      assert.equal(statSync(join(folder.path, name)).mode & 0o777, 0o600, name);
    }
    await first.close();
    const second = await folder.open();
    assert.equal((await second.store.deployments("demo", NEWEST)).length, 1);
    assert.deepEqual({ ...(await second.store.secretValues("demo")) }, { s: "hunter2" });
    await second.close();
  });

  it("holds no secret in the clear", async () => {
    await using folder = await Folder.make();
    const { store, close } = await folder.open();
    await store.putSecret("demo", { name: "s", value: "hunter2" }, audit("secret.put"));
    for (const name of readdirSync(folder.path)) {
      assert.equal(readFileSync(join(folder.path, name)).includes("hunter2"), false, name);
    }
    await close();
  });

  it("refuses changes while a handover is under way, and says so", async () => {
    const { store } = await memoryStore();
    await store.pause("a handover is under way");
    await assert.rejects(store.addAudit(audit("x")), faultIs("paused"));
    await assert.rejects(store.addAudit(audit("x")), /a handover is under way/);
    assert.deepEqual(await store.audit({ tenant: null }, NEWEST), []);
    store.resume();
    await store.addAudit(audit("x"));
    await store.close();
  });
});
