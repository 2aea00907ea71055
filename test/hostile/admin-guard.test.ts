// A stranger who tries to get past the guard of /admin that `sluice init` writes, by every spelling
// of a path that some server reads as /admin, and by requests without a Host.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";

const STARTER = new URL("../../templates/starter/scripts/main.ts", import.meta.url);

/** A guard as one writes it who trusts in URL, of a path that is not /x. */
const BY_URL = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      if (new URL(request.url).pathname === "/x") return undefined;
      return new Response("no", { status: 403 });
    },
  });`;

const SPELLINGS = [
  ...["/admin", "/admin/", "/admin?x", "/ADMIN", "/admin.", "/admin/users", "/admin%20"],
  ...["/%61dmin", "/admi%6e/users", "/%2561dmin", "//admin", "///admin/users", "/./admin"],
  ...["/x/../admin", "/x/%2e%2e/admin", "/x/..%2fadmin", "/admin%2fusers", "/admin%5cusers"],
  ...["/x\\..\\admin", "\\admin", "/\\admin", "/admin\\users", "/admin;x", "/;x/admin"],
  ...["/x/..;/admin", "/admin;x/users", "/admin%00", "/admin%", "/x%c0%af..%c0%afadmin"],
  ...["/%C1%A1dmin", "/%e0%81%a1dmin", "/admin%09", "/x/.%2e/admin", "/admin/%2e", "/admin//"],
];

const LINES: readonly string[] = [
  ...SPELLINGS.map((target) => `GET ${target} HTTP/1.1\r\nHost: a`),
  ...SPELLINGS.map((target) => `GET ${target} HTTP/1.0`),
  ...["/admin/x", "//admin/x", "//h/x", "///x"].map((target) => `GET ${target} HTTP/1.0`),
  ...SPELLINGS.map((target) => `GET http://a${target} HTTP/1.1\r\nHost: b`),
];

/** All that reaches the origin when a stranger tries every line; `/x` shows that there is a way. */
async function arrivals(script: string): Promise<string[]> {
  const origin = await RawOrigin.start();
  after(() => origin[Symbol.asyncDispose]());
  origin.behaviour = answering(ok());
  const peers = [origin.address];
  const proxy = await TestProxy.start({
    files: { "main.ts": script },
    config: oneTenant({ stable: peers, beta: peers }, { script: "main.ts" }),
  });
  after(() => proxy[Symbol.asyncDispose]());
  for (const line of LINES) {
    const { status } = await exchange(proxy.port, `${line}\r\n\r\n`);
    assert.ok(status === 400 || status === 403, `${line}: ${status}`);
  }
  const open = await exchange(proxy.port, "GET /x HTTP/1.0\r\n\r\n");
  assert.equal(open.status, 200);
  const heads = origin.connections.flatMap((connection) => connection.heads);
  return heads.map(({ lines }) => lines[0] ?? "");
}

test("no spelling of /admin gets past the starter's guard", async () => {
  assert.deepEqual(await arrivals(readFileSync(STARTER, "utf8")), ["GET /x HTTP/1.1"]);
});

test("a request without a Host has no path that is part of a host", async () => {
  assert.deepEqual(await arrivals(BY_URL), ["GET /x HTTP/1.1"]);
});
