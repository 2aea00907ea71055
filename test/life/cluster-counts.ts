// Proxies that count together, as a test asks them; and what becomes of it when PostgreSQL is
// stopped, a proxy is killed, and one hands over.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { server } from "./cluster-server.ts";
import { ok, until } from "./cluster-stand.ts";
import { call } from "./control.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";

/** By their lanes. */
export const TENANTS = ["inline", "process"] as const;
export type Tenant = (typeof TENANTS)[number];
export type Three = [TestProxy, TestProxy, TestProxy];

/** The answer's status, and what it says. */
export async function ask({ port }: TestProxy, tenant: Tenant, path: string) {
  const headers = { host: `${tenant}.example`, connection: "close" };
  const [response]: IncomingMessage[] = await once(
    get({ port, host: "127.0.0.1", path, headers }),
    "response",
  );
  assert.ok(response !== undefined);
  return { status: response.statusCode ?? 0, count: Number(await text(response)) };
}

export async function hit(proxy: TestProxy, tenant: Tenant, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await ask(proxy, tenant, "/hit");
}

export async function agree(proxies: Three, tenant: Tenant, sum: number): Promise<void> {
  for (const proxy of proxies) {
    await until(async () => (await ask(proxy, tenant, "/hits")).count === sum);
  }
}

export async function outlive(
  t: TestContext,
  proxies: Three,
  all: readonly ProxyOptions[],
): Promise<void> {
  const [one, two] = proxies;
  const [tenant] = TENANTS;
  const put = () => call(one, ["PUT", `/tenants/${tenant}/counters/hits`], { value: 2 });

  await t.test(
    "PostgreSQL stopped: each counts on, and all of it is there afterwards",
    async () => {
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
    },
  );

  await t.test("one that is killed goes on from what all know, and counts once", async () => {
    await hit(two, tenant, 3);
    await agree(proxies, tenant, 15);
    await two.stop("SIGKILL");
    const [, options] = all;
    assert.ok(options !== undefined);
    const again = await TestProxy.start(options);
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
