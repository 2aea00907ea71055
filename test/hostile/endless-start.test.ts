// A script whose top level never ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProxy } from "../life/proxy.ts";
import { TwoTenants } from "./two-tenants.ts";

for (const [title, code] of Object.entries({
  loop: "for (;;);",
  "chain of microtasks": "(async () => { for (;;) await null; })();",
  "getter of what it throws": "throw { get message() { for (;;); } };",
})) {
  test(`a top level with an endless ${title} is refused at the start, with its tenant`, async () => {
    await assert.rejects(TwoTenants.start("", { before: code }), /script of tenant attacker/);
  });
}

test("an endless top level is refused by a reload, and the old version serves on", async () => {
  const tenant = { hosts: ["*"], script: "main.ts" };
  const script = (before: string, body: string): string =>
    `import { definePhases } from "sluice"; ${before}
    export default definePhases({ requestFilter: () => new Response("${body}") });`;
  await using proxy = await TestProxy.start({
    files: { "main.ts": script("", "old") },
    config: { tenants: { attacker: tenant } },
  });
  const text = async (): Promise<string> =>
    await (await fetch(proxy.url, { headers: { connection: "close" } })).text();
  assert.equal(await text(), "old");
  await proxy.write("main.ts", script("for (;;);", "new"));
  const response = await fetch(`${proxy.admin}/v1/reload`, {
    method: "POST",
    headers: { connection: "close", "content-type": "application/json" },
  });
  assert.ok(response.status >= 400);
  assert.match(await response.text(), /attacker/);
  assert.equal(await text(), "old");
});
