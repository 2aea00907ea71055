// `session.log.set`: what a script adds to the access line of its request, in both lanes, without
// the tenant's secrets.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { KEY } from "../control/store-stand.ts";
import { TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const TOKEN = "an-operator-token-for-the-test";
const SCRIPT = `import { definePhases, secret } from "sluice";
export default definePhases({
  newCtx: () => ({ name: "" }),
  requestFilter({ request, log }, ctx) {
    log.set("user.plan", "free");
    log.set("user.plan", request.headers.get("x-plan"));
    log.set("__proto__", 1.5);
    log.set("quoted", 'é"\\n');
    if (request.path === "/bad") log.set("a b", 1);
    if (request.path === "/object") log.set("plan", {});
    if (request.path === "/long") log.set("plan", "x".repeat(1_024));
    if (request.path === "/many") for (let i = 0; i < 14; i++) log.set("n" + i, i);
    return new Response("ok");
  },
  logging({ log, request }) {
    log.set("in-logging", true);
    if (request.path === "/secret") log.set("key", "it is " + secret("api-key"));
  },
});`;

const proxy = await TestProxy.start({
  env: { SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_SECRETS_KEY: KEY },
  files: { "main.ts": SCRIPT },
  config: {
    tenants: {
      inline: { hosts: ["inline.example"], script: "main.ts" },
      process: { hosts: ["process.example"], script: "main.ts", isolation: "process" },
    },
  },
});
after(() => proxy[Symbol.asyncDispose]());

const get = (lane: string, path: string, plan: string) => {
  const headers = `Host: ${lane}.example\r\nX-Plan: ${plan}\r\nConnection: close\r\n`;
  return exchange(proxy.port, `GET ${path} HTTP/1.1\r\n${headers}\r\n`);
};

/** Status of the answer, and what its access line has. */
async function asked(lane: string, path: string, plan = "gold") {
  const before = proxy.requests().length;
  const { status } = await get(lane, path, plan);
  await proxy.waitFor(() => proxy.requests().length > before);
  return { status, fields: proxy.requests().at(-1)?.fields as object | undefined };
}

for (const lane of ["inline", "process"]) {
  test(`${lane}: the line has the last value of each name, also of logging`, async () => {
    const { status, fields } = await asked(lane, "/");
    assert.equal(status, 200);
    const expected = '{"user.plan":"gold","__proto__":1.5,"quoted":"é\\"\\n","in-logging":true}';
    assert.equal(JSON.stringify(fields), expected);
  });

  test(`${lane}: two requests at once have each its own`, async () => {
    const plans = Array.from({ length: 20 }, (_, i) => `plan-${i}`);
    const before = proxy.requests().length;
    await Promise.all(plans.map((plan) => get(lane, `/${plan}`, plan)));
    await proxy.waitFor(() => proxy.requests().length >= before + plans.length);
    for (const { target, fields } of proxy.requests().slice(before)) {
      assert.equal(`/${(fields as Record<string, unknown>)["user.plan"]}`, target);
    }
  });

  test(`${lane}: what no line can have is an error that says so`, async () => {
    for (const path of ["/bad", "/object", "/long", "/many"]) {
      assert.equal((await asked(lane, path)).status, 500, path);
    }
    const told = proxy.lines.filter(({ source, tenant }) => source === "script" && tenant === lane);
    const said = told.map(({ msg }) => msg).join("\n");
    assert.match(said, /expected a name of 1 to 64 of A-Z a-z 0-9 _ \. -/);
    assert.match(
      said,
      /set plan: expected a string, a finite number, a boolean or null, got object/,
    );
    assert.match(said, /set plan: expected at most 1024 characters as JSON/);
    assert.match(said, /session\.log\.set: expected at most 16 fields for a request/);
  });

  test(`${lane}: a secret is its name there`, async () => {
    const put = await fetch(`${proxy.admin}/v1/tenants/${lane}/secrets/api-key`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ value: "hush-hush-hush" }),
    });
    assert.equal(put.status, 200);
    const { fields } = await asked(lane, "/secret");
    assert.equal((fields as Record<string, unknown>).key, "it is [secret api-key]");
  });
}
