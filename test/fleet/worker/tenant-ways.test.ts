// Where the turns of tenants go, as a worker knows it: as long as there are the tenants.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TenantWays } from "../../../src/fleet/worker/tenant-ways.ts";

const failure = { code: "script_disabled", message: "out", stack: "" } as const;

const routeTo = (tenant: string, cell: number) =>
  ({ type: "route", tenant, cell, keys: [1], blamed: null }) as const;

test("turns go where the last order says, and nowhere else once the cell is gone", () => {
  const ways = new TenantWays();
  assert.equal(ways.cellOf("one"), null);
  ways.follow(routeTo("one", 1));
  ways.follow(routeTo("two", 2));
  assert.equal(ways.cellOf("one"), 1);
  assert.deepEqual(ways.cellGone(1), ["one"]);
  assert.equal(ways.cellOf("one"), null);
  assert.equal(ways.cellOf("two"), 2);
  ways.follow({ type: "refuse", tenant: "two", failure });
  assert.equal(ways.cellOf("two"), null);
  assert.deepEqual(ways.cellGone(2), []);
});

test("a tenant moves until the next order, and has left the cell before that", () => {
  const ways = new TenantWays();
  ways.follow(routeTo("one", 1));
  ways.moves("one");
  assert.deepEqual(ways.of("one"), { route: routeTo("one", 1), isMoving: true, hasLeft: false });
  ways.hasLeft("one");
  ways.cellGone(1);
  assert.deepEqual(ways.of("one"), { route: null, isMoving: true, hasLeft: true });
  ways.follow(routeTo("one", 2));
  assert.deepEqual(ways.of("one"), { route: routeTo("one", 2), isMoving: false, hasLeft: false });
});

test("tenants that come and go leave nothing behind", () => {
  const ways = new TenantWays();
  for (let i = 0; i < 1_000; i++) {
    ways.follow(routeTo(`t${i}`, 1));
    ways.moves(`t${i}`);
    ways.hasLeft(`t${i}`);
    ways.forget(`t${i}`);
    assert.equal(ways.of(`t${i}`).route, null);
  }
  assert.equal(ways.size, 0);
});
