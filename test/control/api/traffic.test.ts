// Shares that two people change at once: who has not seen the other's is told, not obeyed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiStand } from "./stand.ts";

const TRAFFIC = "/v1/tenants/shop/traffic";
const ROLLBACK = "/v1/tenants/shop/rollback";
const shares = (one: number, two: number) => ({
  versions: [
    { version: 1, percent: one },
    { version: 2, percent: two },
  ],
});

async function started(): Promise<ApiStand> {
  const stand = await ApiStand.start();
  await stand.make("shop");
  for (const n of [1, 2]) {
    const body = { files: { "main.ts": `export default {}; export const n = ${n};` } };
    const { status, text } = await stand.call("POST", "/v1/tenants/shop/deployments", { body });
    assert.equal(status, 201, text);
  }
  return stand;
}

test("shares are changed by who has seen them, and by nobody else", async () => {
  await using stand = await started();
  const seen = (await stand.call("GET", TRAFFIC)).headers.get("etag") ?? "";
  assert.match(seen, /^"[0-9a-f]{16}"$/);
  const headers = { "if-match": seen };
  const first = await stand.call("PUT", TRAFFIC, { body: shares(50, 50), headers });
  assert.equal(first.status, 200, first.text);
  const now = first.headers.get("etag") ?? "";
  assert.equal((await stand.call("GET", TRAFFIC)).headers.get("etag"), now);
  for (const [method, path, body] of [
    ["PUT", TRAFFIC, shares(0, 100)],
    ["POST", ROLLBACK, { version: 1 }],
  ] as const) {
    const late = await stand.call(method, path, { body, headers });
    assert.equal(late.status, 412);
    assert.equal(late.json().detail, `Expected ${seen} to be the ETag, but it is ${now}.`);
  }
  assert.equal((await stand.call("GET", TRAFFIC)).headers.get("etag"), now);
  const back = { body: { version: 1 }, headers: { "if-match": now } };
  assert.equal((await stand.call("POST", ROLLBACK, back)).status, 200);
});

test("shares that are as they were are not sent again, and have their ETag back", async () => {
  await using stand = await started();
  const seen = (await stand.call("GET", TRAFFIC)).headers.get("etag") ?? "";
  const same = await stand.call("GET", TRAFFIC, { headers: { "if-none-match": seen } });
  assert.deepEqual([same.status, same.headers.get("etag"), same.text], [304, seen, ""]);
  await stand.call("PUT", TRAFFIC, { body: shares(50, 50) });
  assert.notEqual((await stand.call("GET", TRAFFIC)).headers.get("etag"), seen);
  await stand.call("PUT", TRAFFIC, { body: shares(0, 100) });
  await stand.call("PUT", TRAFFIC, { body: { versions: [{ version: 2, percent: 100 }] } });
  assert.equal((await stand.call("GET", TRAFFIC)).headers.get("etag"), seen);
});
