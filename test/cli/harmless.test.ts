// Words of strangers on an operator's terminal: they are shown, and do nothing to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeAdmin } from "./fake-admin.ts";

/** Clears a screen; colours; turns the direction of text; rings. */
const EVIL = "\x1b[2Jsafe\u202e\u009b31m\x07";

const VERSION = {
  version: 7,
  state: "failed",
  reason: EVIL,
  percent: null,
  origin: "api",
  author: `token:${EVIL}`,
  message: EVIL,
  sha256: "ab".repeat(32),
  bytes: 1_234,
  hooks: ["requestFilter"],
  breaker: "closed",
  createdAt: new Date(0).toISOString(),
};
const PATH = "/v1/tenants/shop/deployments";

test("no command writes what a terminal obeys, whatever a tenant's names and texts hold", async () => {
  await using admin = await FakeAdmin.start({
    [`GET ${PATH}/7`]: { body: { ...VERSION, files: { [EVIL]: `a;\n\tb;${EVIL}` } } },
    [`GET ${PATH}`]: { body: { deployments: [VERSION] } },
    "GET /v1/tenants/shop/traffic": { body: { versions: [{ version: 7, percent: 100 }] } },
    [`POST ${PATH}`]: { status: 422, body: { detail: EVIL, errors: [{ file: EVIL, text: EVIL }] } },
  });
  const commands = [
    "deployments view 7",
    "deployments view 7 --json",
    "deployments list",
    "deployments list --json",
    "deployments status",
    "deploy scripts/ab-routing.ts",
  ];
  for (const command of commands) {
    const { stdout, stderr } = await admin.sluice([...command.split(" "), "--tenant", "shop"]);
    assert.match(stdout + stderr, /safe/, command);
    assert.match(stdout + stderr, /^[\t\n\x20-\x7e…]+$/, command);
  }
  const { stdout } = await admin.sluice(["deployments", "view", "7", "--tenant", "shop", "--json"]);
  assert.equal(JSON.parse(stdout).message, EVIL);
});
