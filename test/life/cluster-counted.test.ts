// What three proxies over one PostgreSQL count and limit together, in both lanes: what each counts
// is known to all, and in no window more is let through than is promised. When PostgreSQL stops, or
// a proxy ends: test/soak/cluster-counted.test.ts.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { agree, ask, Counting, hit, LIMIT, NODES, TENANTS, type Tenant } from "./cluster-counts.ts";
import { server, skip } from "./cluster-server.ts";
import { answered, ok, until } from "./cluster-stand.ts";
import { call, list } from "./control.ts";

after(() => server?.[Symbol.asyncDispose]());

// all of them wait for the clock, none for another: they wait together
test("three proxies count and limit together", { skip, concurrency: true }, async (t) => {
  await using counting = await Counting.start();
  const inBoth = (title: string, work: (counting: Counting, tenant: Tenant) => Promise<void>) =>
    TENANTS.map((tenant) => t.test(`${tenant}: ${title}`, () => work(counting, tenant)));
  await Promise.all([
    ...inBoth("what each counts, and what is set, is at all of them", count),
    ...inBoth("a key that is reset is let through again, at all of them", reset),
    t.test("two scopes of one name are refused at the upload", () => refuse(counting)),
    t.test("skewed load: a window has the limit and its tenth at most", () => limit(counting)),
  ]);
});

async function count({ proxies }: Counting, tenant: Tenant): Promise<void> {
  const [one, two, three] = proxies;
  const path = `/tenants/${tenant}/counters`;
  assert.equal((await ask(one, tenant, "/hit")).count, 1, "at once where it is counted");
  await Promise.all([hit(one, tenant, 9), hit(two, tenant, 3), hit(three, tenant, 4)]);
  await agree(proxies, tenant, 17);
  await until(async () => {
    const { body } = await call(two, ["GET", path]);
    return JSON.stringify(body.counters) === JSON.stringify(SEVENTEEN);
  });
  const own = `sluice_script_value{tenant="${tenant}",name="hits"} 3`;
  assert.ok((await two.metrics()).includes(`\n${own}\n`), "metrics are a proxy's own");
  ok(await answered(() => call(three, ["PUT", `${path}/hits`], { value: 100 })));
  assert.equal((await ask(three, tenant, "/hits")).count, 100);
  await hit(one, tenant, 1);
  await agree(proxies, tenant, 101);
  ok(await answered(() => call(one, ["DELETE", `${path}/hits`])));
  await hit(two, tenant, 2);
  await agree(proxies, tenant, 2);
}

const SEVENTEEN = [
  { name: "hits", value: 17, scope: "cluster" },
  { name: 'kinds{kind="a"}', value: 0, scope: "cluster" },
  { name: 'kinds{kind="b"}', value: 34, scope: "cluster" },
];

async function refuse({ proxies: [one] }: Counting): Promise<void> {
  const files = { "main.ts": MIXED };
  const path = "/tenants/inline/deployments";
  const { status, body } = await answered(() => call(one, ["POST", path], { files }));
  assert.equal(status, 422, JSON.stringify(body));
  assert.match(JSON.stringify(body), /counter hits: expected one scope wherever it is declared/);
}

const MIXED = `
import { counter, definePhases } from "sluice";
counter("hits", { scope: "cluster" });
counter("hits");
export default definePhases({});
`;

async function limit(counting: Counting): Promise<void> {
  await counting.within(([first = 0]) => first > LIMIT / NODES);
  const [one] = counting.proxies;
  const { body } = await call(one, ["GET", "/tenants/process/rate-limits"]);
  const requests = list(body.rateLimits).find(({ name }) => String(name) === "requests");
  assert.equal(requests?.scope, "cluster");
}

/** One key at one tenant, all of them at the other. */
const RESETS = { inline: { key: "everybody" }, process: {} } as const;

async function reset(counting: Counting, tenant: Tenant): Promise<void> {
  const { proxies } = counting;
  const passed = await counting.exhaust(tenant);
  assert.ok(passed <= 2 * NODES, `${passed}: the limit, and one more of each`);
  const [, two] = proxies;
  const path = `/tenants/${tenant}/rate-limits/daily/reset`;
  ok(await answered(() => call(two, ["POST", path], RESETS[tenant])));
  for (const proxy of proxies) {
    await until(async () => (await ask(proxy, tenant, "/daily")).status === 200);
  }
}
