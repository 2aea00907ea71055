// Requests of tests, in the clear and over TLS: as their URL says, or as their tenant wants it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load } from "../../src/cli/harness/load.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-https-"));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, "main.ts"),
  `import { definePhases } from "sluice";
export default definePhases({
  responseFilter: ({ response }) => response.headers.set("x-seen", "1"),
});`,
);
writeFileSync(
  join(folder, "sluice.yaml"),
  `tenants:
  sent:
    hosts: [sent.example]
    script: main.ts
    upstreams: { main: { peers: ["127.0.0.1:1"] } }
    https: { redirect: true, hsts: { maxAgeSeconds: 60 } }
  open: { hosts: [open.example], script: main.ts, upstreams: { main: { peers: ["127.0.0.1:1"] } } }
`,
);

/** What the upstream was told of the way, and what the client got. */
async function outcome(tenant: string, url: string) {
  await using app = await load(join(folder, "sluice.yaml"), { tenant });
  const { response, upstreamRequest } = await app.run({ url });
  const told = upstreamRequest?.headers.get("x-forwarded-proto") ?? null;
  return { status: response?.status, told, headers: response?.headers };
}

test("to a tenant with https.redirect a path alone comes over TLS, and its hooks run", async () => {
  const { status, told, headers } = await outcome("sent", "/");
  assert.deepEqual([status, told, headers?.get("x-seen")], [200, "https", "1"]);
  assert.equal(headers?.get("strict-transport-security"), "max-age=60");
});

test("whoever writes http:// sees what clients in the clear do", async () => {
  const { status, told, headers } = await outcome("sent", "http://sent.example/a?b");
  assert.deepEqual([status, told], [308, null]);
  assert.equal(headers?.get("location"), "https://sent.example/a?b");
});

test("to other tenants the scheme of the URL is the way, and a path comes in the clear", async () => {
  assert.equal((await outcome("open", "/")).told, "http");
  assert.equal((await outcome("open", "http://open.example/")).told, "http");
  assert.equal((await outcome("open", "https://open.example/")).told, "https");
});
