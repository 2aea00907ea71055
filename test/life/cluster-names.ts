// Proxies that meet a new tenant of the file at the same moment agree on who it is, many times over
// in one process.

import assert from "node:assert/strict";
import { join } from "node:path";
import { parseConfig } from "../../src/base/config/load.ts";
import type { Config } from "../../src/base/config/types.ts";
import type { Store } from "../../src/control/store/store.ts";
import { audit } from "../control/store-stand.ts";
import { Machine } from "./cluster-machine.ts";
import { until } from "./cluster-stand.ts";

const TENANTS = 10;

/** @param url  of an empty store */
export async function agreeOnNames(url: string): Promise<void> {
  await using one = await Machine.open(url);
  await using two = await Machine.open(url);
  for (let i = 0; i < TENANTS; i++) {
    const tenant = `shop-${i}`;
    const config = configWith(tenant);
    const [first, second] = await Promise.all([one.read(config), two.read(config)]);
    await second.record(() => []);
    await two.store.putFlag(tenant, { name: "kept", value: i }, audit("flag.put", tenant));
    // it was slower to start, and takes nothing of that back
    await first.record(() => []);
    const id = second.roster.get(tenant)?.id;
    assert.equal(first.roster.get(tenant)?.id, id);
    for (const { store } of [one, two]) {
      await until(async () => (await store.flags(tenant)).length === 1);
      assert.equal(await store.identity(tenant), id);
    }
  }
  await refuseLateOnes(one.store, two.store);
}

/** They could not ask who it is when they read the file. */
async function refuseLateOnes(one: Store, two: Store): Promise<void> {
  const tenant = "late";
  await one.release([], [{ tenant, id: "late~1" }]);
  await one.putFlag(tenant, { name: "kept", value: 1 }, audit("flag.put", tenant));
  await assert.rejects(two.release([], [{ tenant, id: "late~2" }]), {
    fault: "conflict",
    message: /Cannot begin tenant late: .* another machine has named/,
  });
  assert.equal(await two.identity(tenant), "late~1");
  assert.equal((await two.flags(tenant)).length, 1);
}

function configWith(tenant: string): Config {
  const upstreams = { o: { peers: ["127.0.0.1:1"] } };
  const text = JSON.stringify({ tenants: { [tenant]: { hosts: ["*"], upstreams } } });
  const parsed = parseConfig(text, join(import.meta.dirname, "sluice.yaml"));
  if ("problems" in parsed) assert.fail(JSON.stringify(parsed.problems));
  return parsed.config;
}
