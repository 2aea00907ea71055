// What three proxies over one PostgreSQL count and limit together when PostgreSQL stops, a proxy is
// killed, and one hands over: nothing is lost or counted twice, and in no window more is let
// through than is promised. As long as all goes well: test/life/cluster-counted.test.ts.

import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { agree, ask, Counting, hit, LIMIT, NODES, TENANTS } from "../life/cluster-counts.ts";
import { server, skip } from "../life/cluster-server.ts";
import { ok, until } from "../life/cluster-stand.ts";
import { call } from "../life/control.ts";
import { TestProxy } from "../life/proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

test("three proxies count and limit together", { skip }, async (t) => {
  await using counting = await Counting.start();
  await limit(t, counting);
  await reset(t, counting);
  await outlive(t, counting);
});

async function limit(t: TestContext, counting: Counting): Promise<void> {
  await t.test("one proxy alone has more than its share of a window", async () => {
    await counting.within(([first = 0]) => first > LIMIT / NODES);
  });

  await t.test("while PostgreSQL is stopped each has its share", async () => {
    await server?.signal("SIGSTOP");
    await counting.within(([first]) => first === LIMIT / NODES);
  });

  await t.test("and the bound holds when PostgreSQL is back", async () => {
    await server?.signal("SIGCONT");
    await counting.within(([first = 0]) => first > 0);
  });
}

async function reset(t: TestContext, counting: Counting): Promise<void> {
  const { proxies } = counting;
  const [, two] = proxies;
  for (const tenant of TENANTS) {
    await t.test(`${tenant}: a key is reset as often as somebody likes`, async () => {
      await counting.exhaust(tenant);
      for (const body of [{ key: "everybody" }, {}, {}]) {
        ok(await call(two, ["POST", `/tenants/${tenant}/rate-limits/daily/reset`], body));
        for (const proxy of proxies) {
          await until(async () => (await ask(proxy, tenant, "/daily")).status === 200);
        }
        // what is told behind a reset counts against it
        await until(async () => (await counting.told(tenant)) === NODES);
      }
    });
  }
}

async function outlive(t: TestContext, { proxies, options }: Counting): Promise<void> {
  const [one, two] = proxies;
  const [tenant] = TENANTS;
  const put = () => call(one, ["PUT", `/tenants/${tenant}/counters/hits`], { value: 2 });

  await t.test("PostgreSQL stopped: each counts on, and it is all there afterwards", async () => {
    ok(await put());
    await agree(proxies, tenant, 2);
    await server?.signal("SIGSTOP");
    await hit(one, tenant, 5);
    await hit(two, tenant, 5);
    await until(async () => (await lagOf(one)) > 2);
    const { status } = await put();
    assert.ok(status === 503 || status === 504, String(status));
    await server?.signal("SIGCONT");
    await agree(proxies, tenant, 12);
    await until(async () => (await lagOf(one)) < 2);
  });

  await t.test("one that is killed goes on from what all know, and counts once", async () => {
    await hit(two, tenant, 3);
    await agree(proxies, tenant, 15);
    await two.stop("SIGKILL");
    const [, before] = options;
    assert.ok(before !== undefined);
    const again = await TestProxy.start(before);
    proxies[1] = again;
    assert.equal((await ask(again, tenant, "/hits")).count, 15);
    await hit(again, tenant, 1);
    await agree(proxies, tenant, 16);
  });

  await t.test("a successor counts on, and nothing is told twice", async () => {
    await hit(one, tenant, 2);
    one.signal("SIGUSR2");
    await one.waitFor(({ msg }) => msg === "handed over");
    await hit(one, tenant, 2);
    await agree(proxies, tenant, 20);
  });
}

const lagOf = async (proxy: TestProxy): Promise<number> =>
  Number(/^sluice_shared_counts_lag_seconds (\S+)$/m.exec(await proxy.metrics())?.[1]);
