// scripts/error-pages.ts: what programs and people get to read when nobody answers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

let stand: Stand;
before(async () => {
  stand = await Stand.start({ script: "error-pages.ts", upstreams: { main: "nobody" } });
});
after(async () => await stand[Symbol.asyncDispose]());

test("a program gets JSON with the code and the request's id, and no address", async () => {
  const { status, headers, body } = await stand.ask("/");
  assert.equal(status, 502);
  assert.equal(headers["content-type"], "application/json");
  const { code, id, error } = JSON.parse(body);
  assert.equal(code, "connect_refused");
  assert.equal(id, headers["x-request-id"]);
  assert.equal(error, "The service behind this address does not answer.");
  assert.ok(!body.includes("127.0.0.1"));
});

test("a person gets a page with the same", async () => {
  const accept = "text/html,application/xhtml+xml;q=0.9";
  const { status, headers, body } = await stand.ask("/", { headers: { accept } });
  assert.equal(status, 502);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.ok(body.includes(`request <code>${headers["x-request-id"]}</code>`));
});

test("the log has the code", async () => {
  const { headers } = await stand.ask("/");
  const id = headers["x-request-id"];
  const line = await stand.proxy.waitFor((one) => one.msg === "request" && one.id === id);
  assert.equal(line.error, "connect_refused");
});
