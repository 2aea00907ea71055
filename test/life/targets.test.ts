// Which host a request is for, and what target reaches the origin: the path is never decoded,
// joined or cleaned on the way (RFC 9112 section 3.2).

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, values } from "./raw-client.ts";
import { answering, ok, requestText } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    responseFilter(session) {
      session.response.headers.set("seen", session.request.url);
    },
  });`;

const { origin, proxy } = await nearSide({
  tenant: { hosts: ["a", "*.wild", "1.0.0.1"], script: "main.ts" },
  files: { "main.ts": SCRIPT },
});

async function sentUp(head: string) {
  await origin.reset(answering(ok()));
  const response = await exchange(proxy.port, `${head}\r\n\r\n`);
  const { lines } = requestText(origin.text);
  return { response, first: lines[0], hosts: values({ lines }, "host") };
}

for (const target of [
  "/a%2fb/%2e%2e/c",
  "/a/../b/./c//d",
  "/?x=%00&y=%0d%0a",
  "/%E4%ff;p=1?a=b?c",
  "//evil/x",
  "/\\x",
  `/${"a".repeat(8_190)}`,
]) {
  test(`the target ${target.slice(0, 40)} reaches the origin as it came`, async () => {
    const { first } = await sentUp(`GET ${target} HTTP/1.1\r\nHost: a`);
    assert.equal(first, `GET ${target} HTTP/1.1`);
  });
}

test("a script sees the path that is sent", async () => {
  const { response } = await sentUp("GET /a%2fb/%2e%2e/c?x=%41 HTTP/1.1\r\nHost: a");
  assert.equal(values(response, "seen").join(), "http://a/a%2fb/%2e%2e/c?x=%41");
});

test("an absolute target overrides Host, for routing and for the origin", async () => {
  const { response, first, hosts } = await sentUp("GET http://A:80/x?y HTTP/1.1\r\nHost: other");
  assert.equal(response.status, 200);
  assert.equal(first, "GET /x?y HTTP/1.1");
  assert.deepEqual(hosts, ["a:80"]);
});

test("an absolute target to nobody's host is misdirected, whatever Host says", async () => {
  const { response } = await sentUp("GET http://other/ HTTP/1.1\r\nHost: a");
  assert.equal(response.status, 421);
  assert.equal(origin.text, "");
});

test("an absolute target still needs a valid Host field", async () => {
  const { response } = await sentUp("GET http://a/ HTTP/1.1");
  assert.equal(response.status, 400);
});

test("an absolute target without a path is /, and with OPTIONS *", async () => {
  assert.equal((await sentUp("GET http://a HTTP/1.1\r\nHost: a")).first, "GET / HTTP/1.1");
  assert.equal((await sentUp("GET http://a?q HTTP/1.1\r\nHost: a")).first, "GET /?q HTTP/1.1");
  assert.equal((await sentUp("OPTIONS http://a HTTP/1.1\r\nHost: a")).first, "OPTIONS * HTTP/1.1");
});

test("OPTIONS * is forwarded as such", async () => {
  const { first, response } = await sentUp("OPTIONS * HTTP/1.1\r\nHost: a");
  assert.equal(first, "OPTIONS * HTTP/1.1");
  assert.equal(response.status, 200);
});

test("hosts are told apart without regard to case and port", async () => {
  for (const host of ["A", "a:8080", "x.WILD", "1.0.0.1:1"]) {
    assert.equal((await sentUp(`GET / HTTP/1.1\r\nHost: ${host}`)).response.status, 200, host);
  }
  for (const host of ["b", "wild", "a.b", "[::1]"]) {
    assert.equal((await sentUp(`GET / HTTP/1.1\r\nHost: ${host}`)).response.status, 421, host);
  }
});

test("a refusal for the host alone keeps the connection", async () => {
  const { response } = await sentUp("GET / HTTP/1.1\r\nHost: b");
  assert.equal(response.status, 421);
  assert.match(response.body, /"code":"unknown_host"/);
});

test("a method that nobody knows is forwarded like any other", async () => {
  const { first } = await sentUp("BREW /pot HTTP/1.1\r\nHost: a");
  assert.equal(first, "BREW /pot HTTP/1.1");
});
