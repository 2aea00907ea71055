// Tenants in the store: who has which name and host, what is theirs, and whose token may still
// change it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newIdentity } from "../../src/base/identity.ts";
import { type Store, StoreError, type StoreFault } from "../../src/control/store/store.ts";
import { add, audit, memoryStore, NEWEST, put, remove } from "./store-stand.ts";

const faultIs = (fault: StoreFault) => (error: unknown) =>
  error instanceof StoreError && error.fault === fault;

describe("tenants", () => {
  it("are changed only from the revision that the change was made from", async () => {
    const { store } = await memoryStore();
    const made = await put(store, { expected: 0 });
    await assert.rejects(put(store, { expected: 0 }), faultIs("conflict"));
    const hosts = ["b.example.com"];
    const changed = await put(store, { hosts, expected: made.revision });
    assert.ok(changed.revision > made.revision);
    await assert.rejects(put(store, { expected: made.revision }), faultIs("conflict"));
    await assert.rejects(remove(store, "demo", made.revision), faultIs("conflict"));
    await put(store, { hosts, expected: null });
    assert.deepEqual((await store.tenant("demo"))?.settings, { hosts });
    await store.close();
  });

  it("have revisions that no tenant before had, also one of the same name", async () => {
    const { store } = await memoryStore();
    const seen = new Set<number>();
    for (let i = 0; i < 3; i++) {
      for (const name of ["one", "two"]) seen.add((await put(store, { name })).revision);
      await remove(store, "one");
    }
    assert.equal(seen.size, 6);
    await store.close();
  });

  it("cannot claim a host that another one has, however it is spelled", async () => {
    const { store } = await memoryStore();
    await put(store, { name: "one", hosts: ["a.example.com"] });
    const claim = put(store, { name: "two", hosts: ["b.example.com", "A.example.COM"] });
    await assert.rejects(claim, faultIs("conflict"));
    assert.equal(await store.tenant("two"), null, "nothing of it is there");
    await put(store, { name: "two", hosts: ["b.example.com"] });
    await put(store, { name: "one", hosts: ["c.example.com"] });
    await put(store, { name: "two", hosts: ["a.example.com", "b.example.com"] });
    await store.close();
  });

  it("are changed together or not at all, and hosts are swapped between them", async () => {
    const { store } = await memoryStore();
    await put(store, { name: "one", hosts: ["a.example"] });
    await put(store, { name: "two", hosts: ["b.example"] });
    const change = (name: string, host: string) => ({
      ...{ name, settings: { hosts: [host] }, expected: null, id: newIdentity(name) },
      audit: audit("tenant.put", name),
    });
    await store.changeTenants([change("one", "b.example"), change("two", "a.example")]);
    assert.deepEqual((await store.tenant("one"))?.settings, { hosts: ["b.example"] });
    const clash = [change("three", "c.example"), change("one", "a.example")];
    await assert.rejects(store.changeTenants(clash), faultIs("conflict"));
    assert.equal(await store.tenant("three"), null);
    await store.close();
  });

  /** Something of everything that a tenant may have. */
  async function furnish(store: Store): Promise<void> {
    const named = { tenant: "demo" };
    await add(store);
    await store.putFlag("demo", { name: "f", value: 1 }, audit("flag.put"));
    await store.putSecret("demo", { name: "s", value: "v" }, audit("secret.put"));
    const token = { id: "t", role: "deployer", ...named, expiresAtMs: null } as const;
    await store.addToken(token, Buffer.alloc(32), audit("token.create"));
    await store.setSuspended("demo", true, audit("tenant.suspend"));
    const tenant = (await store.identity("demo")) ?? "";
    await store.saveCounters([{ tenant, name: "c", value: 3n }]);
  }

  async function expectBare(store: Store): Promise<void> {
    assert.deepEqual(await store.deployments("demo", NEWEST), []);
    assert.equal(await store.deployment("demo", 1), null);
    assert.equal(await store.traffic("demo"), null);
    assert.deepEqual(await store.fullTraffic("demo"), []);
    assert.deepEqual(await store.flags("demo"), []);
    assert.deepEqual(await store.secrets("demo"), []);
    assert.deepEqual(await store.tokens(), []);
    assert.deepEqual(await store.counters(), []);
    assert.equal(await store.isSuspended("demo"), false);
  }

  it("take all that was theirs along when they are deleted, but the audit log", async () => {
    const { store } = await memoryStore();
    await put(store, { hosts: ["a"] });
    await furnish(store);
    await remove(store);
    assert.deepEqual(await store.tenants(), []);
    assert.equal(await store.identity("demo"), null);
    await expectBare(store);
    const lines = await store.audit({ tenant: "demo" }, NEWEST);
    assert.equal(lines[0]?.action, "tenant.delete");
    assert.equal(lines.length, 7);
    await assert.rejects(remove(store), faultIs("not_found"));
    await store.close();
  });

  it("begin without what one of the file left behind that had their name", async () => {
    const { store } = await memoryStore();
    await store.release([], [{ tenant: "demo", id: newIdentity("demo") }]);
    await furnish(store);
    const before = await store.identity("demo");
    await put(store);
    assert.notEqual(await store.identity("demo"), before);
    await expectBare(store);
    await store.close();
  });

  it("of the file can be deleted when the file names them no more", async () => {
    const { store } = await memoryStore();
    await store.release([], [{ tenant: "demo", id: newIdentity("demo") }]);
    await furnish(store);
    await remove(store);
    assert.equal(await store.identity("demo"), null);
    await expectBare(store);
    await store.close();
  });
});

describe("a token", () => {
  it("that was revoked or has expired changes nothing, whatever it was let in for", async () => {
    const { store } = await memoryStore();
    const by = (id: string) => ({ ...audit("flag.put"), actor: `token:${id}` });
    const token = { role: "deployer", tenant: null } as const;
    const made = audit("token.create", null);
    await store.addToken({ id: "good", ...token, expiresAtMs: null }, Buffer.alloc(32, 1), made);
    await store.addToken({ id: "old", ...token, expiresAtMs: 1 }, Buffer.alloc(32, 2), made);
    await store.putFlag("demo", { name: "f", value: 1 }, by("good"));
    for (const id of ["old", "never"]) {
      const late = store.putFlag("demo", { name: "f", value: id }, by(id));
      await assert.rejects(late, faultIs("revoked"), id);
    }
    await store.deleteToken("good", by("good"));
    const late = store.putFlag("demo", { name: "f", value: 2 }, by("good"));
    await assert.rejects(late, /was revoked before this was done: nothing changed/);
    assert.deepEqual((await store.flags("demo"))[0]?.value, 1);
    await store.putFlag("demo", { name: "f", value: 3 }, by("env"));
    await store.close();
  });
});
