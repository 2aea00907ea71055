// The token that `sluice dev` shows: where the variable that the configuration names has none.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { builtProgram } from "../../support/built-program.ts";
import { startDev } from "../../support/dev-process.ts";

const { main } = await builtProgram();
const folder = mkdtempSync(join(tmpdir(), "sluice-dev-"));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, "sluice.yaml"),
  `admin: { address: "127.0.0.1:0", tokenEnv: EDGE_TOKEN }
tenants: { a: { hosts: ["*"], routes: [{ path: /, answer: { status: 200, body: here } }] } }
`,
);

const OTHER = "of-another-proxy-0123456789";
const OWN = "of-this-proxy-0123456789";

/** The link to the dashboard, as it is shown. */
async function shownLink(environment: Readonly<Record<string, string>>, token: string | null) {
  for (const name of ["EDGE_TOKEN", "SLUICE_ADMIN_TOKEN"]) delete process.env[name];
  Object.assign(process.env, environment);
  await using dev = await startDev([process.execPath, main, "dev", "--port", "0"], folder);
  const [, link = ""] = await dev.says(/Dashboard: (\S+)\n/);
  const { origin, hash } = new URL(link);
  const authorization = `Bearer ${token ?? hash.slice("#token=".length)}`;
  const response = await fetch(`${origin}/v1/tenants`, {
    headers: { authorization, connection: "close" },
  });
  return { link, status: response.status };
}

test("another variable's token opens nothing, so one is made and shown", async () => {
  const { link, status } = await shownLink({ SLUICE_ADMIN_TOKEN: OTHER }, null);
  assert.match(link, /#token=.{16,}$/);
  assert.equal(status, 200);
});

test("where the variable that is named has one, none is made", async () => {
  const { link, status } = await shownLink({ EDGE_TOKEN: OWN }, OWN);
  assert.doesNotMatch(link, /#/);
  assert.equal(status, 200);
});
