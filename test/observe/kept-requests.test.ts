// Requests that are kept for somebody to look at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { KeptRequests } from "../../src/observe/kept-requests.ts";

const request = (tenant: string, id: string) => ({
  ...{ tenant, id, traceId: `trace of ${id}` },
  ...{ startMs: 1, durationMs: 1, line: "{}", spans: [] },
});
const ids = (kept: KeptRequests, tenant: string) => kept.of(tenant).map(({ id }) => id);

test("of each tenant the newest are kept, the newest first", () => {
  const kept = new KeptRequests();
  for (const id of ["a", "b", "c"]) kept.add(request("shop", id), 2);
  kept.add(request("cafe", "d"), 2);
  assert.deepEqual(ids(kept, "shop"), ["c", "b"]);
  assert.deepEqual(ids(kept, "cafe"), ["d"]);
  assert.equal(kept.find("shop", "a"), null);
  assert.equal(kept.find("shop", "c")?.id, "c");
  assert.equal(kept.find("cafe", "c"), null);
});

test("one is found by its id or its trace's, whosever it is if nobody is named", () => {
  const kept = new KeptRequests();
  for (const tenant of ["shop", "cafe"]) kept.add(request(tenant, `of ${tenant}`), 2);
  for (const id of ["of cafe", "trace of of cafe"]) {
    assert.equal(kept.find(null, id)?.tenant, "cafe");
    assert.equal(kept.find("cafe", id)?.id, "of cafe");
    assert.equal(kept.find("shop", id), null);
  }
  assert.equal(kept.find(null, "of nobody"), null);
});

test("a tenant that fails all the time pushes nobody else's out but by the bound of all", () => {
  const kept = new KeptRequests();
  kept.add(request("quiet", "mine"), 50);
  for (let id = 0; id < 10 * LIMITS.keptRequests; id++) kept.add(request("loud", `${id}`), 50);
  assert.equal(kept.of("loud").length, 50);
  assert.deepEqual(ids(kept, "quiet"), ["mine"]);
  for (let tenant = 0; tenant < LIMITS.keptRequests; tenant++)
    kept.add(request(`t${tenant}`, "x"), 50);
  assert.deepEqual(ids(kept, "quiet"), []);
  assert.deepEqual(ids(kept, `t${LIMITS.keptRequests - 1}`), ["x"]);
});
