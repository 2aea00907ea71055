import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "sluice/test";

test("a request with beta-flag goes to the group beta", async () => {
  await using app = await load("sluice.yaml");
  const { group, ctx } = await app.run({ headers: { "beta-flag": "1" } });
  assert.equal(group, "beta");
  assert.deepEqual(ctx, { beta: true });
});

test("the upstream is greeted, and responses are counted", async () => {
  await using app = await load("sluice.yaml");
  const result = await app.run({ url: "/hello" }, { upstream: { body: "hi" } });
  assert.equal(result.upstreamRequest?.headers.get("x-greeting"), "hello");
  assert.equal(result.response?.headers.get("x-requests"), "1");
  assert.equal(result.response?.body, "hi");
  assert.deepEqual(app.counters(), { requests: 1 });
});

test("/admin is answered without asking an upstream", async () => {
  await using app = await load("sluice.yaml");
  const { response, attempts } = await app.run({ url: "/admin/users" });
  assert.equal(response?.status, 403);
  assert.equal(attempts.length, 0);
});

test("no other spelling of /admin gets to an upstream", async () => {
  await using app = await load("sluice.yaml");
  for (const url of [
    "/ADMIN",
    "/%61dmin",
    "//admin",
    "/x/../admin",
    "/admin;x",
    "/admin%2fusers",
  ]) {
    const { response, attempts } = await app.run({ url });
    assert.ok(response?.status === 403 || response?.status === 400, url);
    assert.equal(attempts.length, 0);
  }
});

test("an upstream that cannot be reached is a 502", async () => {
  await using app = await load("sluice.yaml");
  const { response, error } = await app.run({}, { connect: "connect_refused" });
  assert.equal(response?.status, 502);
  assert.equal(error?.code, "connect_refused");
});
