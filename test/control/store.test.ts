// What the store keeps, refuses and tells apart, through its interface.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { StoreError, type StoreFault } from "../../src/control/store/store.ts";
import { audit, deployment, Folder, memoryStore, NEWEST } from "./store-stand.ts";

const faultIs = (fault: StoreFault) => (error: unknown) =>
  error instanceof StoreError && error.fault === fault;

describe("tenants", () => {
  it("are changed only from the revision that the change was made from", async () => {
    const { store } = await memoryStore();
    const settings = { hosts: ["a.example.com"] };
    const made = await store.putTenant({ name: "demo", settings }, 0, audit("tenant.put"));
    assert.equal(made.revision, 1);
    const second = store.putTenant({ name: "demo", settings }, 0, audit("tenant.put"));
    await assert.rejects(second, faultIs("conflict"));
    const changed = { name: "demo", settings: { hosts: ["b.example.com"] } };
    assert.equal((await store.putTenant(changed, 1, audit("tenant.put"))).revision, 2);
    await assert.rejects(store.putTenant(changed, 1, audit("tenant.put")), faultIs("conflict"));
    await assert.rejects(store.deleteTenant("demo", 1, audit("x")), faultIs("conflict"));
    assert.equal((await store.putTenant(changed, null, audit("tenant.put"))).revision, 3);
    assert.deepEqual((await store.tenant("demo"))?.settings, changed.settings);
    await store.close();
  });

  it("cannot claim a host that another one has, however it is spelled", async () => {
    const { store } = await memoryStore();
    const put = (name: string, hosts: string[]) =>
      store.putTenant({ name, settings: { hosts } }, null, audit("tenant.put", name));
    await put("one", ["a.example.com"]);
    await assert.rejects(put("two", ["b.example.com", "A.example.COM"]), faultIs("conflict"));
    assert.equal(await store.tenant("two"), null, "nothing of it is there");
    await put("two", ["b.example.com"]);
    await put("one", ["c.example.com"]);
    await put("two", ["a.example.com", "b.example.com"]);
    await store.close();
  });

  it("take all that was theirs along when they are deleted, but the audit log", async () => {
    const { store } = await memoryStore();
    const named = { tenant: "demo" };
    await store.putTenant({ name: "demo", settings: { hosts: ["a"] } }, 0, audit("tenant.put"));
    await store.addDeployment(deployment(), audit("deployment.create"));
    const traffic = {
      versions: [{ version: 1, percent: 100 }],
      stickyBy: { kind: "address" },
    } as const;
    await store.setTraffic("demo", traffic, audit("traffic.set"));
    await store.putFlag("demo", { name: "f", value: 1 }, audit("flag.put"));
    await store.putSecret("demo", { name: "s", value: "v" }, audit("secret.put"));
    const token = { id: "t", role: "deployer", ...named, expiresAtMs: null } as const;
    await store.addToken(token, Buffer.alloc(32), audit("token.create"));
    await store.setSuspended("demo", true, audit("tenant.suspend"));
    await store.saveCounters([{ ...named, name: "c", value: 3n }]);
    await store.deleteTenant("demo", null, audit("tenant.delete"));
    assert.deepEqual(await store.tenants(), []);
    assert.deepEqual(await store.deployments("demo", NEWEST), []);
    assert.equal(await store.deployment("demo", 1), null);
    assert.equal(await store.traffic("demo"), null);
    assert.deepEqual(await store.flags("demo"), []);
    assert.deepEqual(await store.secrets("demo"), []);
    assert.deepEqual(await store.tokens(), []);
    assert.deepEqual(await store.counters(), []);
    assert.equal(await store.isSuspended("demo"), false);
    const lines = await store.audit({ tenant: "demo" }, NEWEST);
    assert.equal(lines[0]?.action, "tenant.delete");
    assert.equal(lines.length, 8);
    await assert.rejects(store.deleteTenant("demo", null, audit("x")), faultIs("not_found"));
    await store.close();
  });
});

describe("deployments", () => {
  it("have versions that count from 1 for each tenant, and come back whole", async () => {
    const { store } = await memoryStore();
    const smoke = [
      { name: "up", method: "GET", path: "/", headers: {}, body: null, expect: { status: 200 } },
    ];
    const given = deployment({ code: "é\u{1F600}\0", smoke, usesUrl: true });
    assert.equal((await store.addDeployment(given, audit("d"))).version, 1);
    assert.equal((await store.addDeployment(given, audit("d"))).version, 2);
    const other = deployment({ tenant: "other" });
    assert.equal((await store.addDeployment(other, audit("d", "other"))).version, 1);
    const stored = await store.deployment("demo", 2);
    assert.partialDeepStrictEqual(stored, { ...given, version: 2, state: "stored", bytes: 7 });
    const [line] = await store.audit({ tenant: "demo" }, NEWEST);
    assert.equal(line?.target, "version 2");
    assert.equal(await store.deployment("demo", 3), null);
    await store.close();
  });

  it("are listed from the newest, a page at a time", async () => {
    const { store } = await memoryStore();
    for (let i = 0; i < 5; i++) await store.addDeployment(deployment(), audit("d"));
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

  it("lose sources and bundle when they are pruned, but for those with traffic and those before", async () => {
    const { store } = await memoryStore();
    const add = async (count: number) => {
      for (let i = 0; i < count; i++) await store.addDeployment(deployment(), audit("d"));
    };
    const share = async (...shares: readonly (readonly [number, number])[]) => {
      const versions = shares.map(([version, percent]) => ({ version, percent }));
      await store.setTraffic("demo", { versions, stickyBy: { kind: "address" } }, audit("t"));
    };
    await add(5);
    // 2 had all of the traffic before, so a rollback goes there; 3 never had
    await share([2, 100]);
    await share([1, 50], [3, 50]);
    await add(55);
    await share([1, 100]);
    const list = await store.deployments("demo", NEWEST);
    const left = list.filter(({ isPruned }) => !isPruned).map(({ version }) => version);
    assert.equal(left.length, LIMITS.deploymentsKept + 2);
    assert.deepEqual(left.slice(-3), [11, 2, 1]);
    assert.equal(await store.deployment("demo", 3), null);
    assert.equal((await store.deployment("demo", 1))?.state, "ready");
    assert.equal((await store.addDeployment(deployment(), audit("d"))).version, 61);
    await store.close();
  });

  it("must be there to get traffic or another state, and nothing changes if one is not", async () => {
    const { store } = await memoryStore();
    await store.addDeployment(deployment(), audit("d"));
    const versions = [
      { version: 1, percent: 50 },
      { version: 2, percent: 50 },
    ];
    const set = store.setTraffic("demo", { versions, stickyBy: { kind: "address" } }, audit("t"));
    await assert.rejects(set, faultIs("not_found"));
    assert.equal(await store.traffic("demo"), null);
    assert.equal((await store.deployment("demo", 1))?.state, "stored");
    const state = { state: "failed", reason: "it did not start" } as const;
    await store.setDeploymentState({ tenant: "demo", version: 1 }, state, audit("s"));
    assert.equal((await store.deployments("demo", NEWEST))[0]?.reason, "it did not start");
    const none = store.setDeploymentState({ tenant: "demo", version: 9 }, state, audit("s"));
    await assert.rejects(none, faultIs("not_found"));
    const actions = (await store.audit({ tenant: null }, NEWEST)).map(({ action }) => action);
    assert.deepEqual(actions, ["s", "d"], "what was refused is not in the audit log");
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

  it("save counters of 64 bits, each over its last value", async () => {
    const { store } = await memoryStore();
    const values = [2n ** 63n - 1n, -(2n ** 63n), 0n, 12n];
    for (const value of values) {
      await store.saveCounters([{ tenant: "demo", name: "c", value }]);
      assert.deepEqual(await store.counters(), [{ tenant: "demo", name: "c", value }]);
    }
    await store.close();
  });
});

describe("the file", () => {
  it("keeps everything from one opening to the next, for this user's eyes only", async () => {
    await using folder = await Folder.make();
    const first = await folder.open();
    await first.store.addDeployment(deployment(), audit("d"));
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
    store.pause("a handover is under way");
    await assert.rejects(store.addAudit(audit("x")), faultIs("unavailable"));
    await assert.rejects(store.addAudit(audit("x")), /a handover is under way/);
    assert.deepEqual(await store.audit({ tenant: null }, NEWEST), []);
    store.resume();
    await store.addAudit(audit("x"));
    await store.close();
  });
});
