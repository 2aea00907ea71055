// Three proxies over a PostgreSQL with a standby, the clock of one an hour ahead, and one failure
// after the other: no request fails, and what was said of each change is true, at all of them.

import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everywhere, served, until } from "../life/cluster-stand.ts";
import { call, deploy, list, versioned } from "../life/control.ts";
import { FailoverStand, more } from "../life/failover-stand.ts";
import { missing } from "../support/debian.ts";
import { missingPostgres } from "../support/postgres.ts";

const skip = await missingPostgres();
const LONG_MS = 600_000;
/** Long enough for a lease to end, and for what waits for it. */
const LEASE_MS = 12_000;
const FAILING = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter() { throw new Error("boom"); } });
`;

test("whatever fails, three proxies serve on and lose no change", {
  skip,
  timeout: LONG_MS,
}, async (t) => {
  await using stand = await FailoverStand.start(3, await anHourAhead());
  assert.equal((await deploy(proxyAt(0), versioned(1))).status, 201);
  await everywhere(stand.proxies, "1 1");

  function proxyAt(i: number) {
    const proxy = stand.proxies[i];
    assert.ok(proxy !== undefined);
    return proxy;
  }

  await t.test("one is cut off, and comes back", async () => {
    await stand.during("cut", async (changes) => {
      stand.relays[2]?.lead(0);
      await more(changes, 20);
      await until(async () => changes.count("refused") > 0);
      stand.relays[2]?.lead(stand.primary.port);
      await more(changes, 20);
    });
  });

  await t.test("PostgreSQL takes two seconds for each answer", async () => {
    await stand.during("slow", async (changes) => {
      for (const relay of stand.relays) relay.delayMs = 1_000;
      await sleep(LEASE_MS);
      for (const relay of stand.relays) relay.delayMs = 0;
      await more(changes, 20);
    });
  });

  await t.test(
    "the guardian is stopped: another one judges, and it does nothing late",
    async () => {
      const nodes = async () => list((await call(proxyAt(0), ["GET", "/nodes"])).body.nodes);
      const judges = async () => (await nodes()).filter(({ guardian }) => guardian);
      await until(async () => (await judges()).length === 1);
      const before = String((await judges())[0]?.id);
      const ids = await Promise.all(
        stand.proxies.map(async (proxy) => {
          const all = list((await call(proxy, ["GET", "/nodes"])).body.nodes);
          return String(all.find(({ self }) => self)?.id);
        }),
      );
      const stopped = proxyAt(ids.indexOf(before));
      const others = stand.proxies.filter((proxy) => proxy !== stopped);
      const [other] = others;
      assert.ok(other !== undefined);
      stopped.signal("SIGSTOP");
      try {
        const { status } = await deploy(other, FAILING);
        assert.equal(status, 201);
        await until(async () => {
          for (const proxy of others) await served(proxy);
          return (await served(other)) === "1 1";
        });
        const lines = list((await call(other, ["GET", "/audit?tenant=demo"])).body.lines);
        assert.equal(lines.filter(isTakenBack).length, 1);
      } finally {
        stopped.signal("SIGCONT");
      }
      await everywhere(stand.proxies, "1 1");
      const lines = list((await call(other, ["GET", "/audit?tenant=demo"])).body.lines);
      assert.equal(lines.filter(isTakenBack).length, 1);
      assert.deepEqual((await judges()).map(({ id }) => String(id)).includes(before), false);
    },
  );

  await t.test("the primary is killed, and the standby takes its place", async () => {
    await stand.during("killed", async (changes) => {
      await stand.failOver();
      await more(changes, 50);
    });
  });

  await t.test("all are killed, and start at once while PostgreSQL does not answer", async () => {
    await stand.standby.signal("SIGSTOP");
    for (const proxy of stand.proxies) await proxy.stop("SIGKILL");
    const again = await Promise.all(stand.proxies.map((_, i) => stand.startProxy(i)));
    stand.proxies.splice(0, again.length, ...again);
    for (const proxy of again) assert.equal(await served(proxy), "1 1");
    await stand.standby.signal("SIGCONT");
    await stand.during("restarted", async (changes) => {
      await more(changes, 20);
    });
  });
});

/** Of a process whose clock is; its timers run as others do. Empty: that cannot be had here. */
async function anHourAhead(): Promise<Readonly<Record<string, string>>> {
  if ((await missing("faketime", "faketime")) !== false) return {};
  const [library = ""] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");
  return { LD_PRELOAD: library, FAKETIME: "+3600s", DONT_FAKE_MONOTONIC: "1" };
}

const isTakenBack = ({ action }: { readonly action?: unknown }): boolean =>
  action === "traffic.rollback.automatic";
