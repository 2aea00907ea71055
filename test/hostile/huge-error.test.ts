// Errors with messages of 256 MB. That the memory comes back is not asserted: it is garbage of the
// isolate, or of the library's copy, and stays until V8 collects it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

const WAYS = {
  thrown: "throw new Error(text)",
  string: "throw text",
  stack: "const e = new Error('short'); e.stack = text; throw e",
  rejected: "void Promise.reject(new Error(text)); return new Response('answered')",
};

test("an error message of 256 MB is cut, in the log and on its way there", async () => {
  const cases = Object.entries(WAYS).map(([name, code]) => `case "${name}": { ${code} }`);
  await using tenants = await TwoTenants.start(
    `requestFilter(session) {
      const text = "m".repeat(2 ** 28);
      switch (session.request.headers.get("how")) { ${cases.join("\n")} }
    }`,
    { limits: { hookMs: 10_000 } },
  );
  for (const how of Object.keys(WAYS)) {
    for (const answer of await tenants.attackBesideNeighbour(2, `How: ${how}\r\n`)) {
      if (how === "rejected") assert.equal(answer.body, "answered");
      else assert.match(answer.body, /script_error/, how);
      assert.ok(answer.body.length < 8_192);
    }
  }
  await tenants.proxy.waitFor(({ msg }) => /unhandled rejection/.test(msg ?? ""));
  for (const line of tenants.attackerLines()) assert.ok(JSON.stringify(line).length < 16_384);
});
