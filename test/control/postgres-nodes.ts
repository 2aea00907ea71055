// The list of proxies stays short, whoever died without a goodbye.

import assert from "node:assert/strict";
import { it } from "node:test";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import { listNodes, renew } from "../../src/control/store/cluster/node-rows.ts";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import type { SharedStand } from "./postgres-shared.ts";

const DEAD = `
  INSERT INTO sluice.nodes (
    id, boot, name, version, revision, refused, refusal, figures, began_at, seen_at, until
  ) SELECT n, n, 'dead-' || n, '', 0, 0, '', '{}', now(), now(), now() - interval `;
const MINUTE = `'1 minute' FROM generate_series(1, ${CLUSTER_LIMITS.nodes}) AS n`;
const TWO_DAYS = `'2 days' FROM generate_series(5000, 5009) AS n`;

const report = {
  ...{ revision: 0, refusal: null, address: "" },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
};

export function itIsListed(stand: () => Promise<SharedStand>): void {
  it("are listed before those that are dead, and forget who has been for a day", async () => {
    const { store, address, sql } = await stand();
    const pool = await openPool(address);
    for (const dead of [MINUTE, TWO_DAYS]) await sql(DEAD + dead);
    const self = { id: "it", boot: "it", name: "lives", version: "" };
    await renew(pool, self, { report, isJoining: true });
    assert.equal(await sql("SELECT count(*) FROM sluice.nodes"), `${CLUSTER_LIMITS.nodes + 1}`);
    const { nodes } = await listNodes(pool);
    assert.equal(nodes.length, CLUSTER_LIMITS.nodes);
    assert.equal(nodes.at(-1)?.name, "lives");
    await pool.end();
    await store.close();
  });
}
