// What is said of a change to PostgreSQL is so, whichever statement of it was refused, and whoever
// has the number of its transaction by now.

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import { PostgresEngine } from "../../src/control/store/postgres/engine.ts";
import type { Steps } from "../../src/control/store/steps.ts";
import { Tables } from "../../src/control/store/tables.ts";
import type { SharedStand } from "./postgres-shared.ts";
import { add, audit, deployment } from "./store-stand.ts";

export function itTellsTheTruth(stand: () => Promise<SharedStand>): void {
  itIsAllOrNothing(stand);
  itIsLookedUp(stand);
}

function itIsAllOrNothing(stand: () => Promise<SharedStand>): void {
  it("says what the server said of the first statement that it refused, and is as it was", async () => {
    const { store, sql } = await stand();
    await add(store);
    const before = await store.revision();
    await sql("ALTER TABLE sluice.bundles ADD CONSTRAINT small CHECK (length(code) < 99)");
    const large = add(store, deployment({ code: "x".repeat(99) }));
    await assert.rejects(large, { fault: "conflict", message: /small/ });
    assert.deepEqual(await store.revision(), before);
    assert.equal((await store.audit({ tenant: "demo" }, { before: null, limit: 9 })).length, 1);
    assert.equal(await add(store), 2);
    await store.close();
  });

  it("is nothing where the server did not begin it, though all of it was sent", async () => {
    const { store, address, sql } = await stand();
    const pool = await openPool(address);
    const refused = through(pool, (query, one) =>
      query(one.text === "BEGIN" ? { text: "BEGIN NOTHING" } : one),
    );
    const engine = new PostgresEngine({ pool: refused, address, onAudit: () => {} });
    await assert.rejects(engine.write({ audit: [], steps: putFlag() }), /NOTHING/);
    assert.equal(await sql("SELECT count(*) FROM sluice.flags"), "0");
    await pool.end();
    await store.close();
  });
}

function itIsLookedUp(stand: () => Promise<SharedStand>): void {
  const tables = new Tables();
  const changes = {
    "of what is served": () => tables.revise(audit("flag.put"), putFlag),
    "of the audit log alone": () => tables.change(audit("capture.read"), function* () {}),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`${what} is there only if its own row is, when its answer was lost`, async () => {
      const { store, address, sql } = await stand();
      const pool = await openPool(address);
      const engineOf = (edit: Edit) =>
        new PostgresEngine({ pool: through(pool, edit), address, onAudit: () => {} });
      const late = engineOf(async (query, one) => {
        const answer = await query(one);
        if (one.text === "COMMIT") throw new Error("the line broke");
        return answer;
      });
      await late.write<unknown>(change());
      assert.equal(await sql("SELECT count(*) FROM sluice.audit"), "1");
      // the server has lost it with its power, and given its number to another one
      const xid = await sql("SELECT pg_current_xact_id()");
      const lost = engineOf(async (query, one, client) => {
        if (one.text === "COMMIT") client.connection.stream.destroy();
        const answer = await query(one);
        if (!one.text.includes("FOR UPDATE")) return answer;
        return { ...answer, rows: answer.rows.map((row) => ({ ...row, xid })) };
      });
      await assert.rejects(lost.write<unknown>(change()), { fault: "unreachable" });
      assert.equal(await sql("SELECT count(*) FROM sluice.audit"), "1");
      await pool.end();
      await store.close();
    });
  }
}

const putFlag = (): Steps<void> =>
  new Tables().flags.put({ tenant: "demo", name: "f", value: "1", changed_at_ms: 1 });

type Query = (one: QueryConfig) => Promise<QueryResult>;
type Edit = (query: Query, one: QueryConfig, client: PoolClient) => Promise<QueryResult>;

/** Connections of which each statement and each answer may be another one. */
function through(pool: Pool, edit: Edit): Pool {
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    const ask: Query = (one) => client.query(one);
    const query = (one: QueryConfig | string) =>
      edit(ask, typeof one === "string" ? { text: one } : one, client);
    return new Proxy(client, { get: (_, name) => (name === "query" ? query : own(client, name)) });
  };
  return new Proxy(pool, { get: (_, name) => (name === "connect" ? connect : own(pool, name)) });
}

function own(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name);
  return typeof value === "function" ? value.bind(of) : value;
}
