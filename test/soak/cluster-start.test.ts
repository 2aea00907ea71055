// Three proxies that start at once over an empty PostgreSQL, again and again: what is changed at
// one as soon as it is ready stays, whoever comes later; and each script of their files is a
// version, whoever was first.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newStore, server, skip } from "../life/cluster-server.ts";
import { options, plainOrigin, until } from "../life/cluster-stand.ts";
import { call, list, versioned } from "../life/control.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

const ROUNDS = 5;
const PROXIES = 3;
const NAMES = Array.from({ length: PROXIES }, (_, i) => `from-${i}`);

test("what is changed at the first that is ready stays when the others are", {
  skip,
  timeout: 300_000,
}, async () => {
  await using origin = await plainOrigin();
  for (let round = 0; round < ROUNDS; round++) {
    const store = await newStore();
    const start = async (name: string): Promise<TestProxy> => {
      const usual = options(store, origin.address);
      const tenants = oneTenant({ origin: [origin.address] }, { script: "main.ts" });
      const files = { "main.ts": versioned(name) };
      const config = { ...usual.config, ...tenants };
      const proxy = await TestProxy.start({ ...usual, config, files });
      const { status } = await call(proxy, ["PUT", `/tenants/demo/flags/${name}`], { value: 1 });
      assert.equal(status, 200);
      return proxy;
    };
    const proxies = await Promise.all(NAMES.map(start));
    try {
      for (const proxy of proxies) await until(async () => (await known(proxy)) === NAMES.join());
      const versions = async (proxy: TestProxy) =>
        list((await call(proxy, ["GET", "/tenants/demo/deployments"])).body.deployments).length;
      for (const proxy of proxies) await until(async () => (await versions(proxy)) === PROXIES);
    } finally {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    }
  }
});

/** Names of the flags that it has. */
async function known(proxy: TestProxy): Promise<string> {
  const { body } = await call(proxy, ["GET", "/tenants/demo/flags"]);
  return list(body.flags)
    .map(({ name }) => String(name))
    .sort()
    .join();
}
