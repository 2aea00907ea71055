// Answers of hundreds of megabytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

const BODIES = {
  text: "'x'.repeat(2 ** 28)",
  bytes: "new Uint8Array(2 ** 28)",
  header: "'', { headers: { 'x-large': 'x'.repeat(2 ** 24) } }",
};

test("an answer that is far too large fails alone", async () => {
  const cases = Object.entries(BODIES).map(
    ([name, body]) => `case "${name}": return new Response(${body});`,
  );
  await using tenants = await TwoTenants.start(
    `requestFilter(session) { switch (session.request.headers.get("how")) { ${cases.join("\n")} } }`,
    { limits: { hookMs: 10_000 } },
  );
  for (const how of Object.keys(BODIES)) {
    for (const answer of await tenants.attackBesideNeighbour(2, `How: ${how}\r\n`)) {
      assert.equal(answer.status, 500, how);
      assert.match(answer.body, /script_(result|error)/, how);
    }
  }
  await tenants.memoryComesBack();
});
