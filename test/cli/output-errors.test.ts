// Commands whose output cannot be written to its end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FakeAdmin } from "./fake-admin.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const ENTRY = {
  id: 1,
  atMs: 0,
  actor: "operator",
  action: "tenant.put",
  tenant: "shop",
  target: "shop",
  detail: { note: "x".repeat(500) },
};

test("a command whose reader leaves ends quietly, with its own status", async () => {
  const lines = Array.from({ length: 2_000 }, (_, id) => ({ ...ENTRY, id }));
  await using admin = await FakeAdmin.start({
    "GET /v1/audit?limit=50": { body: { lines, next: null } },
  });
  const env = { ...process.env, SLUICE_ADMIN_URL: admin.url, SLUICE_ADMIN_TOKEN: "secret-token" };
  const child = spawn(process.execPath, [MAIN, "audit"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = text(child.stderr);
  child.stdout.once("data", () => child.stdout.destroy());
  const [status, signal] = await once(child, "close");
  assert.deepEqual({ status, signal, said: await said }, { status: 0, signal: null, said: "" });
});

const FULL = "/dev/full";

test("a command that finds the disk full says so in one line and fails", {
  skip: existsSync(FULL) ? false : "there is no /dev/full here",
}, async () => {
  const child = spawn("sh", ["-c", `exec "${process.execPath}" "${MAIN}" --help > ${FULL}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = text(child.stderr);
  const [status] = await once(child, "close");
  assert.equal(status, 1);
  assert.match(await said, /^sluice: Cannot write the output: .*no space left.*\n$/);
});
