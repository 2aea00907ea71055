// Where an origin sends its clients, as they are to read it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LocationRewrite } from "../../../src/downstream/policy/location.ts";

interface Asked {
  readonly host?: string;
  readonly sent?: string;
  readonly address?: string;
  readonly tls?: object | null;
}

function rewritten(rewrite: LocationRewrite, location: string, asked: Asked = {}): string {
  const { host = "shop.example", sent = host, address = "127.0.0.1:9001", tls = null } = asked;
  const block = rewrite.apply(`A: /x\r\nLocation: ${location}\r\nB: /y\r\n`, {
    host,
    upstreamRequest: { headers: `Host: ${sent}\r\n` },
    upstream: { peer: { address, tls } },
  });
  assert.match(block, /^A: \/x\r\n[^\r]*\r\nB: \/y\r\n$/);
  return block.split("\r\n")[1]?.slice("Location: ".length) ?? "";
}

const STRIPPED = new LocationRewrite("/api", false, "/");
const REPLACED = new LocationRewrite("/v1/", false, "/api/v1");
const PLAIN = new LocationRewrite("/", false, null);

test("a path gets back what its route was cut of", () => {
  assert.equal(rewritten(STRIPPED, "/login?a#b"), "/api/login?a#b");
  assert.equal(rewritten(STRIPPED, "/"), "/api/");
  assert.equal(rewritten(REPLACED, "/api/v1/users"), "/v1/users");
  assert.equal(rewritten(REPLACED, "/api/v1"), "/v1");
  assert.equal(rewritten(REPLACED, "/api/v1?x"), "/v1?x");
  assert.equal(rewritten(new LocationRewrite("/", false, "/app"), "/app/login"), "/login");
  assert.equal(rewritten(new LocationRewrite("/caf\u00e9", false, "/"), "/x"), "/caf%C3%A9/x");
});

test("a path that is not below what was put in stays", () => {
  assert.equal(rewritten(REPLACED, "/api/v10"), "/api/v10");
  assert.equal(rewritten(REPLACED, "/"), "/");
  const exact = new LocationRewrite("/login", true, "/auth/login");
  assert.equal(rewritten(exact, "/auth/login?a"), "/login?a");
  assert.equal(rewritten(exact, "/auth/login/x"), "/auth/login/x");
});

test("a path that is relative, or another host's, stays", () => {
  for (const location of [
    "login",
    "?next",
    "#top",
    "../up",
    "https://sso.example/login",
    "//cdn.example/x",
    "http://127.0.0.1:9002/x",
    "http://127.0.0.1.example:9001/x",
    "http://127.0.0.1:9001@evil.example/x",
    "http://shop.example.evil/x",
    "mailto:a@shop.example",
  ]) {
    assert.equal(rewritten(STRIPPED, location), location);
    assert.equal(rewritten(PLAIN, location), location);
  }
});

test("the peer's own address, and the Host that it was asked by, are the client's again", () => {
  assert.equal(rewritten(PLAIN, "http://127.0.0.1:9001/x?y"), "/x?y");
  assert.equal(rewritten(STRIPPED, "http://127.0.0.1:9001/x"), "/api/x");
  assert.equal(rewritten(PLAIN, "//127.0.0.1:9001"), "/");
  assert.equal(rewritten(PLAIN, "http://Internal/x", { sent: "internal" }), "/x");
  assert.equal(rewritten(PLAIN, "http://internal:80/x", { sent: "internal" }), "/x");
  const secure = { address: "[::1]:443", tls: {} };
  assert.equal(rewritten(PLAIN, "https://[::1]/x", secure), "/x");
  assert.equal(rewritten(PLAIN, "http://[::1]:443/x", { ...secure, host: "a:8443" }), "http://a/x");
});

test("what leads to HTTPS still does, or a client would go round", () => {
  assert.equal(rewritten(PLAIN, "https://shop.example/x"), "https://shop.example/x");
  assert.equal(rewritten(STRIPPED, "https://shop.example/x"), "https://shop.example/api/x");
  const asked = { host: "shop.example:8080", sent: "internal" };
  assert.equal(rewritten(PLAIN, "https://internal/x", asked), "https://shop.example/x");
});

test("no origin's path becomes the name of a host", () => {
  const own = "http://127.0.0.1:9001";
  for (const path of ["//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example"]) {
    assert.equal(rewritten(PLAIN, own + path), "/evil.example");
    assert.equal(rewritten(STRIPPED, own + path), "/api/evil.example");
    const root = new LocationRewrite("/", false, "/app");
    assert.equal(rewritten(root, `${own}/app${path}`).startsWith("//"), false);
  }
});

test("Content-Location too, each line by itself, and nothing else", () => {
  const block = "X-Location: /a\r\ncontent-location: /b\r\nLOCATION: /c\r\n";
  const asked = { host: "a", upstreamRequest: null, upstream: null };
  const expected = "X-Location: /a\r\ncontent-location: /api/b\r\nLOCATION: /api/c\r\n";
  assert.equal(STRIPPED.apply(block, asked), expected);
});
