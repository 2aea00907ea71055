// What three proxies over one PostgreSQL count and limit together, in both lanes: nothing is lost
// or counted twice, and in no window more is let through than is promised, PostgreSQL stopped
// included.

import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { LimitWindows } from "../support/limit-windows.ts";
import { agree, ask, hit, outlive, TENANTS, type Tenant, type Three } from "./cluster-counts.ts";
import { newStore, server, skip } from "./cluster-server.ts";
import { ok, options, plainOrigin, until } from "./cluster-stand.ts";
import { call, list } from "./control.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

const NODES = 3;
const LIMIT = 90;
/** The limit, and a tenth of it. */
const BOUND = 99;
/** Of a day, so that no window ends meanwhile: 3, and one more of each proxy. */
const DAY_MS = 86_400_000;
const SCRIPT = `
import { counter, definePhases, rateLimit } from "sluice";
const hits = counter("hits", { scope: "cluster" });
const kinds = counter("kinds", { labels: { kind: ["a", "b"] }, scope: "cluster" });
const rule = { algorithm: "fixed-window", scope: "cluster" } as const;
const requests = rateLimit("requests", { limit: ${LIMIT}, windowMs: 1_000, ...rule });
const daily = rateLimit("daily", { limit: ${NODES}, windowMs: ${DAY_MS}, ...rule });
const answer = ({ allowed }) => new Response(null, { status: allowed ? 200 : 429 });
export default definePhases({
  requestFilter(session) {
    const { target } = session.request;
    if (target === "/daily") return answer(daily.take("everybody"));
    if (target === "/hits") return new Response(String(hits.get()));
    if (target !== "/hit") return answer(requests.take("everybody"));
    kinds.labels({ kind: "b" }).incr(2);
    return new Response(String(hits.incr()));
  },
});
`;

/** The first one stores what the file has that is new. */
const started = async (all: readonly ProxyOptions[]): Promise<Three> => {
  const [first, second, third] = all;
  if (first === undefined || second === undefined || third === undefined) throw new TypeError();
  const one = await TestProxy.start(first);
  return [one, ...(await Promise.all([TestProxy.start(second), TestProxy.start(third)]))];
};

let database = "";

test("three proxies count and limit together", { skip }, async (t) => {
  await using origin = await plainOrigin();
  await using folders = new AsyncDisposableStack();
  const store = await newStore();
  database = store.slice(store.lastIndexOf("/") + 1);
  const upstreams = { origin: { peers: [origin.address] } };
  const tenants = Object.fromEntries(
    TENANTS.map((isolation) => [
      isolation,
      { hosts: [`${isolation}.example`], upstreams, isolation, script: "main.ts" },
    ]),
  );
  const all: ProxyOptions[] = [];
  for (let i = 0; i < NODES; i++) {
    const { path: folder } = folders.use(await Folder.make());
    const { env = {} } = options(store, origin.address);
    all.push({ env, folder, files: { "main.ts": SCRIPT }, config: { store, tenants } });
  }
  const proxies = await started(all);
  t.after(() => Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]())));
  for (const tenant of TENANTS) await count(t, proxies, tenant);
  await refuse(t, proxies);
  await limit(t, proxies);
  for (const tenant of TENANTS) await reset(t, proxies, tenant);
  await outlive(t, proxies, all);
});

async function count(t: TestContext, proxies: Three, tenant: Tenant): Promise<void> {
  const [one, two, three] = proxies;
  const path = `/tenants/${tenant}/counters`;

  await t.test(`${tenant}: what each counts is at all of them a moment later`, async () => {
    assert.equal((await ask(one, tenant, "/hit")).count, 1, "at once where it is counted");
    await Promise.all([hit(one, tenant, 9), hit(two, tenant, 3), hit(three, tenant, 4)]);
    await agree(proxies, tenant, 17);
    await until(async () => {
      const { body } = await call(two, ["GET", path]);
      return JSON.stringify(body.counters) === JSON.stringify(SEVENTEEN);
    });
    const own = `sluice_script_value{tenant="${tenant}",name="hits"} 3`;
    assert.ok((await two.metrics()).includes(`\n${own}\n`), "metrics are a proxy's own");
  });

  await t.test(`${tenant}: one is set, and counts on, at all of them`, async () => {
    ok(await call(three, ["PUT", `${path}/hits`], { value: 100 }));
    assert.equal((await ask(three, tenant, "/hits")).count, 100);
    await hit(one, tenant, 1);
    await agree(proxies, tenant, 101);
    ok(await call(one, ["DELETE", `${path}/hits`]));
    await agree(proxies, tenant, 0);
    await hit(two, tenant, 2);
    await agree(proxies, tenant, 2);
  });
}

const SEVENTEEN = [
  { name: "hits", value: 17, scope: "cluster" },
  { name: 'kinds{kind="a"}', value: 0, scope: "cluster" },
  { name: 'kinds{kind="b"}', value: 34, scope: "cluster" },
];

async function refuse(t: TestContext, [one]: Three): Promise<void> {
  await t.test("two scopes of one name are refused at the upload, with the reason", async () => {
    const files = { "main.ts": MIXED };
    const { status, body } = await call(one, ["POST", "/tenants/inline/deployments"], { files });
    assert.equal(status, 422, JSON.stringify(body));
    assert.match(JSON.stringify(body), /counter hits: expected one scope wherever it is declared/);
  });
}

const MIXED = `
import { counter, definePhases } from "sluice";
counter("hits", { scope: "cluster" });
counter("hits");
export default definePhases({});
`;

async function limit(t: TestContext, proxies: Three): Promise<void> {
  const ports = proxies.map(({ port }) => port);
  const hosts = TENANTS.map((tenant) => `${tenant}.example`);
  const windows = new LimitWindows({ ports, hosts, windowMs: 1_000, requests: [8, 1, 1] });
  const within = async (isSo: (passed: readonly number[]) => boolean): Promise<void> => {
    await until(async () => {
      const all = await windows.next();
      for (const passed of all) assert.ok(sum(passed) <= BOUND, `${passed} of ${BOUND}`);
      return all.every(isSo);
    });
  };

  await t.test("skewed load: a window has the limit and its tenth at most", async () => {
    await within(([first = 0]) => first > LIMIT / NODES);
    const { body } = await call(proxies[0], ["GET", "/tenants/process/rate-limits"]);
    const requests = list(body.rateLimits).find(({ name }) => String(name) === "requests");
    assert.equal(requests?.scope, "cluster");
  });

  await t.test("so it has while PostgreSQL is stopped, where each has its share", async () => {
    await server?.signal("SIGSTOP");
    await within(([first]) => first === LIMIT / NODES);
  });

  await t.test("and so it has when PostgreSQL is back", async () => {
    await server?.signal("SIGCONT");
    await within(([first = 0]) => first > 0);
  });
}

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

async function reset(t: TestContext, proxies: Three, tenant: Tenant): Promise<void> {
  const [, two] = proxies;
  const path = `/tenants/${tenant}/rate-limits/daily`;
  await t.test(`${tenant}: a key that is reset is let through again, at all of them`, async () => {
    let passed = 0;
    await until(async () => {
      const answers = await Promise.all(proxies.map((proxy) => ask(proxy, tenant, "/daily")));
      const before = passed;
      passed += answers.filter(({ status }) => status === 200).length;
      return passed === before && (await told(tenant)) === passed && passed >= NODES;
    });
    assert.ok(passed <= 2 * NODES, `${passed}: the limit, and one more of each`);
    // twice: that is more than was ever left
    for (const body of [{ key: "everybody" }, {}]) {
      ok(await call(two, ["POST", `${path}/reset`], body));
      for (const proxy of proxies) {
        await until(async () => (await ask(proxy, tenant, "/daily")).status === 200);
      }
      // what is told behind a reset counts against it
      await until(async () => (await told(tenant)) === NODES);
    }
  });
}

/** What PostgreSQL knows to be let through today. */
const told = async (tenant: Tenant): Promise<number> =>
  Number(
    await server?.sql(
      database,
      `SELECT sum(value::int) FROM sluice.shared_uses, jsonb_each_text(used)
       WHERE series = '${DAY_MS} daily' AND tenant LIKE '${tenant}%'`,
    ),
  );
