// How often a change goes to PostgreSQL and back, and by which clock it is made.

import assert from "node:assert/strict";
import { it } from "node:test";
import { EngineLine } from "../../bench/engine-line.ts";
import { clientConfig, openPool } from "../../src/control/store/postgres/connect.ts";
import { openPostgres } from "../../src/control/store/postgres/open-postgres.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { SharedStand } from "./postgres-shared.ts";
import { add, deployment, KEY } from "./store-stand.ts";

/**
 * What it needs to know is asked for with the lock, and what it writes leaves with the commit: two.
 * Pieces of these may be answered one by one.
 */
const TRIPS_MAX = 5;
const HOUR_MS = 3_600_000;
const keys = SecretKeys.parse(KEY, "the test");

export function itIsQuick(stand: () => Promise<SharedStand>): void {
  itHasOneClock(stand);
  it("stores a deployment in a few trips, however many statements it is", async () => {
    const { store, address } = await stand();
    await store.close();
    await using line = await EngineLine.start(address.port);
    const far = await openPostgres({ address: { ...address, port: line.port }, keys });
    for (let i = 0; i < 3; i++) await add(far, deployment({ code: `${i}` }));
    line.take();
    assert.equal(await add(far), 4);
    const trips = line.take().length;
    // one is for the number of the version
    assert.ok(trips <= TRIPS_MAX + 1, `${trips} trips`);
    assert.equal((await far.deployment("demo", 4))?.version, 4);
    await far.close();
  });

  it("has no statement compiled, and asks for that when a pooler cannot refuse it", async () => {
    const { store, address } = await stand();
    assert.equal(clientConfig(address).options, "-c search_path=sluice");
    const pool = await openPool(address);
    assert.equal((await pool.query("SHOW jit")).rows[0]?.jit, "off");
    await pool.end();
    await store.close();
  });
}

function itHasOneClock(stand: () => Promise<SharedStand>): void {
  it("goes by the server's clock: since when a version has all of the traffic, who orders", async (t) => {
    const { store } = await stand();
    const [claim, proof] = [
      { host: "a.example", forMs: 60_000 },
      { host: "a.example", text: "x" },
    ];
    assert.equal(await store.acme.claimAcmeOrder({ ...claim, holder: "one" }), true);
    await store.acme.putAcmeProof({ ...proof, forMs: 60_000 });
    const { now } = Date;
    t.mock.method(Date, "now", () => now() + HOUR_MS);
    await add(store);
    assert.ok(Date.now() - (await store.nowMs()) > HOUR_MS / 2, "its own clock is ahead");
    const [latest] = await store.fullTraffic("demo");
    assert.ok(latest !== undefined);
    assert.ok(Math.abs((await store.nowMs()) - latest.sinceMs) < HOUR_MS / 2);
    assert.equal(await store.acme.claimAcmeOrder({ ...claim, holder: "two" }), false);
    await store.acme.putAcmeProof({ ...proof, host: "b.example", forMs: 60_000 });
    assert.equal((await store.acme.acmeProofs()).length, 2);
    await store.close();
  });
}
