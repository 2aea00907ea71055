// The examples of docs/admin-api.md, run with curl against a proxy, in their order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProxy } from "../life/proxy.ts";
import { run } from "../support/program.ts";
import { pages } from "./markdown.ts";

const TOKEN = "the-operators-token";

/** Different each time. */
const VARYING = new Set(["id", "token", "createdAtMs", "changedAtMs", "atMs", "next"]);

const generalised = (json: string): unknown =>
  JSON.parse(json, (key, value) => (VARYING.has(key) ? typeof value : value));

test("the examples of the admin API answer what the page says", async () => {
  const page = pages.find(({ path }) => path === "docs/admin-api.md");
  assert.ok(page !== undefined);
  await using proxy = await TestProxy.start({
    config: { store: "memory", tenants: {} },
    env: { SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_SECRETS_KEY: Buffer.alloc(32, 1).toString("base64") },
  });
  const [setup, ...blocks] = page.blocks;
  assert.ok(setup !== undefined);
  const prelude = setup.text.replace("http://127.0.0.1:9090", proxy.admin);
  const commands = blocks.filter(({ info }) => info === "sh");
  assert.ok(commands.length > 5);
  for (const command of commands) {
    const script = `SLUICE_ADMIN_TOKEN=${TOKEN}\n${prelude}${command.text}`;
    const { stdout, stderr, status } = await run("sh", ["-c", script]);
    assert.equal(status, 0, stderr);
    const expected = blocks[blocks.indexOf(command) + 1];
    if (expected?.info !== "json") {
      assert.doesNotMatch(stdout, /"status"/, command.text);
      continue;
    }
    assert.deepEqual(generalised(stdout), generalised(expected.text), command.text);
  }
});
