// Three proxies over a PostgreSQL with a standby, the clock of one an hour ahead, and one failure
// after the other: no request fails, and what was said of each change is true, at all of them.

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everywhere, served, until } from "../life/cluster-stand.ts";
import { call, deploy, list, versioned } from "../life/control.ts";
import { FailoverStand, more } from "../life/failover-stand.ts";
import type { TestProxy } from "../life/proxy.ts";
import { missing } from "../support/debian.ts";
import { missingPostgres } from "../support/postgres.ts";

const skip = await missingPostgres();
const LONG_MS = 600_000;
/** Long enough for a lease to end, and for what waits for it. */
const LEASE_MS = 12_000;
/** Of PostgreSQL: each proxy asks by 4 connections, and listens by one. */
const CONNECTIONS_MAX = 5;
const FAILING = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter() { throw new Error("boom"); } });
`;

const options = { skip, timeout: LONG_MS };

test("whatever fails, three proxies serve on and lose no change", options, async (t) => {
  await using stand = await FailoverStand.start({ proxies: 3, last: await anHourAhead() });
  assert.equal((await deploy(stand.proxyAt(0), versioned(1))).status, 201);
  await everywhere(stand.proxies, "1 1");
  await t.test("one is cut off, and comes back", () => cutOff(stand));
  await t.test("PostgreSQL takes two seconds for each answer", () => slowDown(stand));
  await t.test("the guardian is stopped: another one judges, and it does nothing late", () =>
    stopGuardian(stand),
  );
  await t.test("the primary is killed, and the standby takes its place", async () => {
    await stand.during("killed", async (changes) => {
      await stand.failOver();
      await more(changes, 50);
    });
  });
  await t.test("all are killed, and start at once while PostgreSQL does not answer", () =>
    restartAll(stand),
  );
});

test(
  "a standby that had not everything is followed by all, and says what is gone",
  options,
  async () => {
    await using stand = await FailoverStand.start({ proxies: 3, isAsync: true });
    await stand.during("before", (changes) => more(changes, 5));
    const [lost, , kept] = [stand.proxyAt(0), stand.proxyAt(1), await stand.settled()];
    stand.replication.lead(0);
    const put = () => call(lost, ["PUT", "/tenants/demo/flags/vanishes"], { value: 1 });
    assert.equal((await put()).status, 200);
    // whoever has not copied it before the failover has nothing to lose
    for (const proxy of stand.proxies) await until(() => hasFlag(proxy, "vanishes"));
    await stand.failOver();
    const all = await Promise.all(stand.proxies.map(vanished));
    for (const changed of all) assert.match(changed, /flags demo vanishes/);
    assert.deepEqual(await stand.settled(), kept);
    await stand.during("after", (changes) => more(changes, 20));
  },
);

async function hasFlag(proxy: TestProxy, wanted: string): Promise<boolean> {
  const { body } = await call(proxy, ["GET", "/tenants/demo/flags"]);
  return list(body.flags).some(({ name }) => String(name) === wanted);
}

/** What it says of rows that are not what they were. */
async function vanished(proxy: TestProxy): Promise<string> {
  const line = await proxy.waitFor(({ msg }) => /history is not what it was/.test(msg ?? ""));
  return String(line.changed);
}

async function cutOff(stand: FailoverStand): Promise<void> {
  const [one, relay] = [stand.proxyAt(0), stand.relays[2]];
  await stand.during("cut", async (changes) => {
    relay?.lead(0);
    await more(changes, 20);
    await until(async () => changes.count("refused") > 0);
    const startedMs = performance.now();
    const { status, body } = await deploy(one, versioned(2));
    assert.equal(status, 201, JSON.stringify(body));
    assert.ok(performance.now() - startedMs < LEASE_MS + 3_000, "until its lease has ended");
    const states = list(body.nodes).map(({ state }) => String(state));
    assert.deepEqual(states.sort(), ["serving", "serving", "stale"]);
    assert.equal(await served(stand.proxyAt(2)), "1 1", "it serves what it had");
    relay?.lead(stand.primary.port);
    await more(changes, 20);
  });
  await everywhere(stand.proxies, "2 2");
  assert.equal((await deploy(one, versioned(1))).status, 201);
  await everywhere(stand.proxies, "1 1");
}

async function slowDown(stand: FailoverStand): Promise<void> {
  await stand.during("slow", async (changes) => {
    for (const relay of stand.relays) relay.delayMs = 1_000;
    await sleep(LEASE_MS);
    for (const relay of stand.relays) relay.delayMs = 0;
    await more(changes, 20);
  });
}

async function stopGuardian(stand: FailoverStand): Promise<void> {
  const nodesOf = async (proxy: TestProxy) =>
    list((await call(proxy, ["GET", "/nodes"])).body.nodes);
  const judges = async (proxy: TestProxy) =>
    (await nodesOf(proxy)).filter(({ guardian }) => guardian).map(({ id }) => String(id));
  await until(async () => (await judges(stand.proxyAt(0))).length === 1);
  const [before = ""] = await judges(stand.proxyAt(0));
  const own = stand.proxies.map(async (proxy) =>
    String((await nodesOf(proxy)).find(({ self }) => self)?.id),
  );
  const stopped = stand.proxyAt((await Promise.all(own)).indexOf(before));
  const others = stand.proxies.filter((proxy) => proxy !== stopped);
  // by a clock that is right, if the one that is an hour ahead judges, and the other way round
  const [other] = others;
  assert.ok(other !== undefined);
  stopped.signal("SIGSTOP");
  try {
    assert.equal((await deploy(other, FAILING)).status, 201);
    await until(async () => {
      for (const proxy of others) await served(proxy);
      return (await served(other)) === "1 1";
    });
    assert.equal(await takenBack(other), 1);
  } finally {
    stopped.signal("SIGCONT");
  }
  await everywhere(stand.proxies, "1 1");
  assert.equal(await takenBack(other), 1);
  assert.ok(!(await judges(other)).includes(before));
}

/** How often a version was, by itself. */
async function takenBack(proxy: TestProxy): Promise<number> {
  const lines = list((await call(proxy, ["GET", "/audit?tenant=demo"])).body.lines);
  return lines.filter(({ action }) => String(action) === "traffic.rollback.automatic").length;
}

async function restartAll(stand: FailoverStand): Promise<void> {
  await stand.standby.signal("SIGSTOP");
  for (const proxy of stand.proxies) await proxy.stop("SIGKILL");
  const again = await Promise.all(stand.proxies.map((_, i) => stand.startProxy(i)));
  const killed = stand.proxies.splice(0, again.length, ...again);
  for (const proxy of killed) await proxy[Symbol.asyncDispose]();
  for (const proxy of again) assert.equal(await served(proxy), "1 1");
  await stand.standby.signal("SIGCONT");
  await stand.during("restarted", async (changes) => {
    await more(changes, 20);
    const sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice'";
    const connections = Number(await stand.standby.sql("postgres", sql));
    assert.ok(connections <= CONNECTIONS_MAX * again.length, `${connections} connections`);
  });
}

/** Of a process whose clock is; its timers run as others do. Empty: that cannot be had here. */
async function anHourAhead(): Promise<Readonly<Record<string, string>>> {
  if ((await missing("faketime", "faketime")) !== false) return {};
  const [library = ""] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");
  return { LD_PRELOAD: library, FAKETIME: "+3600s", DONT_FAKE_MONOTONIC: "1" };
}
