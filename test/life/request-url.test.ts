// What `session.request.url` and `session.request.path` are for everything a client can send: a URL
// that parses and names a host, and a path only if all who read it would read the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange } from "./raw-client.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      const { host, pathname } = new URL(request.url);
      return Response.json({ url: request.url, host, pathname, path: request.path });
    },
  });`;

const { proxy } = await nearSide({
  tenant: { script: "main.ts" },
  files: { "main.ts": SCRIPT },
});
const own = `127.0.0.1:${proxy.port}`;

interface Seen {
  readonly url: string;
  readonly host: string;
  readonly pathname: string;
  readonly path: string | null;
}

async function seen(head: string): Promise<Seen> {
  const { status, body } = await exchange(proxy.port, `${head}\r\n\r\n`);
  assert.equal(status, 200, body);
  return JSON.parse(Buffer.from(body, "latin1").toString());
}

const targetSeen = (target: string): Promise<Seen> => seen(`GET ${target} HTTP/1.1\r\nHost: a`);

test("without a Host the URL has the address at which the request arrived", async () => {
  const { url, host } = await seen("GET /x?y HTTP/1.0");
  assert.equal(url, `http://${own}/x?y`);
  assert.equal(host, own);
});

test("a path that looks like a host is none", async () => {
  for (const target of ["//admin/x", "///admin/x", "//", "/"]) {
    const { host, pathname } = await seen(`GET ${target} HTTP/1.0`);
    assert.deepEqual([host, pathname], [own, target]);
  }
});

test("OPTIONS * has the URL of its host, with nothing glued to it", async () => {
  const named = await seen("OPTIONS * HTTP/1.1\r\nHost: a.example:8080");
  assert.equal(named.url, "http://a.example:8080");
  assert.deepEqual([named.host, named.path], ["a.example:8080", "*"]);
  assert.equal(
    (await seen("OPTIONS http://a.example HTTP/1.1\r\nHost: b")).url,
    "http://a.example",
  );
  assert.equal((await seen("OPTIONS * HTTP/1.0")).url, `http://${own}`);
});

test("every host that is accepted is one that a URL can have", async () => {
  const hosts = ["a", "a.b.", "a_b-c.~d", "1.2.3.4", "1.2.3.4.:80", "[::1]:443", "[::1.2.3.4]"];
  for (const host of [...hosts, "xn--a", "-xn--a-.b", "1a", "a.1b", "0x.a", `${"a".repeat(255)}`]) {
    const { url } = await seen(`GET /x HTTP/1.1\r\nHost: ${host}`);
    assert.equal(url, `http://${host}/x`);
  }
});

for (const host of [
  "1.2.3.4.5",
  "a.1",
  "a.09:80",
  "0x7f.1",
  "a.0x",
  "1",
  "256.1.1.1",
  "1.2.3.04",
]) {
  test(`the host ${host}, which is an address to some and none to others, is refused`, async () => {
    const lines = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    assert.equal((await exchange(proxy.port, lines)).status, 400);
    const absolute = `GET http://${host}/ HTTP/1.1\r\nHost: a\r\n\r\n`;
    assert.equal((await exchange(proxy.port, absolute)).status, 400);
  });
}

test("a path that everybody reads alike is there as it is read, decoded and without its query", async () => {
  const paths: readonly (readonly [target: string, path: string])[] = [
    ["/", "/"],
    ["/a/b?/../c", "/a/b"],
    ["/a.b/..c/...", "/a.b/..c/..."],
    ["/caf%C3%A9%20au%20lait", "/café au lait"],
    ["/%F0%9F%98%80", "/😀"],
    ["/%7Bid%7D/{id}", "/{id}/{id}"],
    ["/a@b,c:d", "/a@b,c:d"],
  ];
  for (const [target, path] of paths) assert.equal((await targetSeen(target)).path, path, target);
});

for (const target of [
  "/%61dmin",
  "//admin",
  "/x/../admin",
  "/x/%2e%2e/admin",
  "/./admin",
  "/admin/.",
  "/admin%2fx",
  "/admin%5cx",
  "/x\\..\\admin",
  "/x/..;/admin",
  "/admin;x",
  "/%2561dmin",
  "/a%40b",
  "/a%00",
  "/%",
  "/%zz",
  "/%C0%AFadmin",
  "/f%FCr",
  `/%20${"a".repeat(5_000)}`,
]) {
  test(`${target.slice(0, 20)} is read in more than one way, so there is no path`, async () => {
    assert.equal((await targetSeen(target)).path, null);
  });
}
