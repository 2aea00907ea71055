// Slots for tenants' work: one at most for each tenant, and tenants in rotation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TenantSlots } from "../../../src/fleet/children/tenant-slots.ts";

/** Work that ends when it is told to, with the order in which it began. */
function stand(atOnce: number) {
  const slots = new TenantSlots(atOnce);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (tenant: string, name: string): Promise<void> =>
    slots.run(tenant, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  return { begun, add, end: (name: string) => ends.get(name)?.() };
}

test("tenants with much work wait for themselves, and one with little waits for none of it", async () => {
  const orders = ["a1 b1 a2 c1 b2 a3 b3", "a1 b1 a2 b2 c1 a3 b3"];
  for (const [i, text] of orders.entries()) {
    const atOnce = i + 1;
    const { begun, add, end } = stand(atOnce);
    const all: Promise<void>[] = [];
    for (let piece = 1; piece <= 3; piece++) {
      all.push(add("a", `a${piece}`), add("b", `b${piece}`));
    }
    all.push(add("c", "c1"));
    const order = text.split(" ");
    for (const [done, name] of order.entries()) {
      await new Promise(setImmediate);
      assert.deepEqual(begun, order.slice(0, done + atOnce), `${atOnce} at once, ${done} done`);
      end(name);
    }
    await Promise.all(all);
  }
});

test("a tenant has one slot at most, though others are free, and a failure gives it back", async () => {
  const { begun, add, end } = stand(4);
  const slots = new TenantSlots(1);
  const all = [add("a", "a1"), add("a", "a2"), add("b", "b1")];
  await new Promise(setImmediate);
  assert.deepEqual(begun, ["a1", "b1"]);
  end("a1");
  await new Promise(setImmediate);
  assert.deepEqual(begun, ["a1", "b1", "a2"]);
  for (const name of begun) end(name);
  await Promise.all(all);
  await assert.rejects(slots.run("a", () => Promise.reject(new Error("it failed"))));
  assert.equal(await slots.run("a", async () => 1), 1);
});
