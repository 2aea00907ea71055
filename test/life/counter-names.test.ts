// A tenant may have so many counters; what was refused, or is used by nobody, takes none of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, deploy, list, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

/** Makes these counters, and raises the first at each request. */
const counting = (...names: string[]): string => `
import { counter, definePhases } from "sluice";
const [first] = ${JSON.stringify(names)}.map((name) => counter(name));
export default definePhases({ requestFilter() { first.incr(); } });
`;

for (const isolation of ["inline", "process"]) {
  test(`a deployment that is refused for its counters keeps none of them (${isolation})`, async () => {
    await using origin = await SocketOrigin.start();
    const tenant = { isolation, limits: { counters: 2 } };
    await using proxy = await TestProxy.start({
      config: { ...oneTenant({ origin: [origin.address] }, tenant), workers: 2 },
      env: WITH_TOKEN,
    });
    const ask = async () => {
      const response = await fetch(proxy.url, { headers: { connection: "close" } });
      assert.equal(response.status, 200);
      await response.text();
    };
    const counters = async () => {
      const { body } = await call(proxy, ["GET", "/tenants/demo/counters"]);
      return Object.fromEntries(list(body.counters).map(({ name, value }) => [name, value]));
    };
    assert.equal((await deploy(proxy, counting("a"))).status, 201);
    await ask();
    for (const attempt of [1, 2, 3]) {
      const names = [1, 2, 3].map((n) => `refused-${attempt}-${n}`);
      const refused = await deploy(proxy, counting("a", ...names));
      assert.equal(refused.status, 422, JSON.stringify(refused.body));
      assert.match(JSON.stringify(refused.body), /limits\.counters/);
    }
    const made = await deploy(proxy, counting("a", "b"));
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await ask();
    assert.equal(Object(await counters()).a, 2, "what serves has counted on");

    assert.equal((await deploy(proxy, counting("a"))).status, 201);
    const third = await deploy(proxy, counting("c", "a"));
    assert.equal(third.status, 201, `b never counted anything: ${JSON.stringify(third.body)}`);
    await ask();
    assert.equal((await deploy(proxy, counting("c"))).status, 201);
    assert.equal((await deploy(proxy, counting("c", "d"))).status, 422, "a has counted");
    assert.equal((await call(proxy, ["DELETE", "/tenants/demo/counters/a"])).status, 204);
    const fourth = await deploy(proxy, counting("c", "d"));
    assert.equal(fourth.status, 201, JSON.stringify(fourth.body));
    await ask();
    const { a, c } = Object(await counters());
    assert.deepEqual([a, c], [undefined, 2]);
    const everywhere = `${counting("c")}counter("e", { scope: "cluster" });`;
    const twice = await deploy(proxy, everywhere);
    assert.equal(twice.status, 422, "one of all proxies takes two");
    assert.match(JSON.stringify(twice.body), /counter e: .*limits\.counters/);
  });
}
