// What is counted for a tenant ends with it, whichever proxy it was deleted through.

import assert from "node:assert/strict";
import { test } from "node:test";
import { durableOf } from "../../control/api/access.ts";
import { audit, memoryStore, put, remove } from "../../control/store-stand.ts";

test("counts of a tenant that somebody else has deleted are forgotten, others are not", async () => {
  const { store, close } = await memoryStore();
  const durable = durableOf(store);
  const tenants: string[] = [];
  for (const name of ["demo", "other"]) {
    await put(store, { name });
    const tenant = (await store.identity(name)) ?? "";
    durable.counters.add({ tenant, name: "hits", value: 7n });
    durable.limits.of(tenant);
    tenants.push(tenant);
  }
  await remove(store);
  await put(store, { name: "demo" });
  for (const tenant of tenants) await durable.tenantGone(tenant);
  const [, other] = tenants;
  assert.deepEqual(durable.counters.list(), [{ tenant: other, name: "hits", value: 7n }]);
  assert.deepEqual([...durable.limits.tenants()], [other]);
  await durable.finish();
  await close();
});

test("flags that others have set are read with the revision that they are of, and once", async () => {
  const { store, close } = await memoryStore();
  const durable = durableOf(store);
  await put(store, { name: "demo" });
  const id = (await store.identity("demo")) ?? "";
  const { revision } = await store.putFlag("demo", { name: "on", value: true }, audit("flag.put"));
  await durable.readValuesAt(revision);
  const { text, revision: read } = durable.valuesOf(id);
  assert.match(text, /"on":true/);
  await durable.readValuesAt(revision);
  assert.equal(durable.valuesOf(id).revision, read);
  await durable.finish();
  await close();
});
