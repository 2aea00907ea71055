// A client behind a trusted proxy that gets that proxy to write something unreadable about it, on a
// machine where the proxies' own network may do more than others: it must not be taken for the
// proxy.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "../life/near-side.ts";
import { RawClient } from "../life/raw-client.ts";
import { answering, ok } from "../life/raw-origin.ts";

const TRUSTED = "127.0.0.2";
const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter: ({ client }) => new Response(client.address + " " + client.port),
  });`;

const { origin, proxy } = await nearSide({
  config: { trustedProxies: [TRUSTED] },
  tenant: {
    script: "main.ts",
    routes: [{ path: "/inside", access: { allow: ["127.0.0.0/8"] } }],
  },
  files: { "main.ts": SCRIPT },
});
origin.behaviour = answering(ok());

async function asked(target: string, ...lines: string[]) {
  await using client = await RawClient.to(proxy.port, TRUSTED);
  client.send(`GET ${target} HTTP/1.1\r\n${["Host: a", ...lines].join("\r\n")}\r\n\r\n`);
  return await client.response();
}

for (const line of [
  "X-Forwarded-For: unknown",
  "X-Forwarded-For: _hidden",
  "X-Forwarded-For: 127.0.0.1, unknown",
  "X-Forwarded-For: 127.0.0.1:x",
  "X-Forwarded-For: 127.0.0.1%lo",
  "X-Forwarded-For: 198.51.100.7:49153",
  "X-Forwarded-For: [::ffff:198.51.100.7]:1",
  "X-Forwarded-For: 127.0.0.1;198.51.100.7",
  `X-Forwarded-For: ${"unknown, ".repeat(1_000)}unknown`,
  "Forwarded: for=unknown",
  "Forwarded: for=_hidden;proto=https",
  "Forwarded: proto=https",
  'Forwarded: for="198.51.100.7:1"',
  'Forwarded: for="127.0.0.1',
  "Forwarded: for=127.0.0.1;for=127.0.0.1",
]) {
  test(`a stranger stays one behind ${line.slice(0, 60)}`, async () => {
    assert.equal((await asked("/inside", line)).status, 403);
    const { body } = await asked("/", line);
    assert.ok(body === "unknown 0" || body === "198.51.100.7 0", body);
  });
}

test("who is inside gets in, with a port or without", async () => {
  for (const entry of ["127.0.0.1", "127.0.0.1:80", "[::ffff:127.0.0.1]:80"]) {
    assert.equal((await asked("/inside", `X-Forwarded-For: ${entry}`)).status, 200);
  }
  assert.equal((await asked("/inside")).status, 200);
});
