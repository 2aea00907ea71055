// A stranger who tells the origin what only the proxy, the configuration or the script may tell it:
// in names with underscores, which CGI and what is made like it cannot tell from those with dashes
// (both are HTTP_X_USER), and in trailers, which some servers merge into the head.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "../life/near-side.ts";
import { CLIENT_VERSION } from "../life/protocol.ts";
import { RawClient } from "../life/raw-client.ts";
import { answering, ok, requestText } from "../life/raw-origin.ts";

const TRUSTED = "127.0.0.2";
const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      request.headers.set("x-user", "nobody");
      request.headers.delete("x-role");
      request.headers.append("x-group", "all");
    },
    upstreamRequestFilter({ upstreamRequest }) {
      upstreamRequest.headers.set("x-tenant", "7");
      upstreamRequest.headers.delete("x-debug");
    },
  });`;

const { origin, proxy } = await nearSide({
  config: { trustedProxies: [TRUSTED] },
  tenant: {
    script: "main.ts",
    headers: { request: { set: { "X-Edge": "sluice" }, remove: ["X-Secret"] } },
    routes: [{ path: "/", headers: { request: { set: { "X-Route": "root" } } } }],
  },
  files: { "main.ts": SCRIPT },
});
origin.behaviour = answering(ok());

/** The proxy's own, the configuration's, the script's. */
const NAMES = [
  ...["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"],
  ...["X-Forwarded-Client-Cert", "X-Real-IP", "X-Request-Id", "Sluice-Version", "Max-Forwards"],
  ...["Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection"],
  ...["X-Edge", "X-Secret", "X-Route"],
  ...["X-User", "X-Role", "X-Group", "X-Tenant", "X-Debug"],
];

/** A client of HTTP/2 that says them breaks its protocol, and its stream is reset. */
const FRAMING = new Set(["Content-Length", "Transfer-Encoding"]);

const lower = (name: string): string => name.toLowerCase();
/** HTTP/2 has names in lower case alone. */
const onTheWire = (lines: string): string => (CLIENT_VERSION === "2" ? lower(lines) : lines);
const underscored = (name: string): string[] => [
  name.replaceAll("-", "_"),
  lower(name).replace("-", "_"),
  name.replace(/-([^-]*)$/, "_$1"),
];

/** The head that arrives, and what follows it. */
async function arrived(from: string, lines: readonly string[], body = "", method = "GET") {
  await origin.reset(answering(ok()));
  await using client = await RawClient.to(proxy.port, from);
  client.send(
    `${method} / HTTP/1.1\r\nHost: a\r\n${lines.map((l) => `${l}\r\n`).join("")}\r\n${body}`,
  );
  assert.equal((await client.response()).status, 200);
  return requestText(origin.text);
}

for (const from of ["127.0.0.1", TRUSTED]) {
  test(`no name that is the proxy's passes with underscores, sent by ${from}`, async () => {
    const spellings = NAMES.flatMap(underscored).filter((name) => name.includes("_"));
    const lines = spellings.map((name) => `${name}: forged`);
    const { lines: head } = await arrived(from, [...lines, "X_Other: kept"]);
    assert.deepEqual(
      head.filter((line) => line.includes("forged")),
      [],
    );
    const own = ["x-user: nobody", "x-tenant: 7", "X-Edge: sluice", "X-Route: root"];
    for (const line of [...own, onTheWire("X_Other: kept")]) assert.ok(head.includes(line), line);
  });

  test(`no name that is the proxy's passes in trailers, sent by ${from}`, async () => {
    const all = [...NAMES, ...NAMES.flatMap(underscored), "Host", "Via", "Cookie"];
    const names = all.filter((name) => CLIENT_VERSION !== "2" || !FRAMING.has(name));
    const trailers = [...names.map((name) => `${name}: forged`), "X-Sum: 7", "X_Sum_2: 8"];
    const body = `2\r\nhi\r\n0\r\n${trailers.map((line) => `${line}\r\n`).join("")}\r\n`;
    const sent = ["Transfer-Encoding: chunked"];
    const { body: arrivedBody } = await arrived(from, sent, body, "POST");
    const passed = onTheWire("X-Sum: 7\r\nX_Sum_2: 8");
    assert.ok(arrivedBody.endsWith(`\r\n0\r\n${passed}\r\n\r\n`), arrivedBody);
  });
}
