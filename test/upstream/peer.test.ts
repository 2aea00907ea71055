// What an address of a peer may look like, and what a peer is made of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER_DEFAULTS, parseAddress, toPeer } from "../../src/upstream/peer.ts";

test("an address is host:port or [v6]:port, the host in lower case", () => {
  assert.deepEqual(parseAddress("127.0.0.1:9001"), { host: "127.0.0.1", port: 9001 });
  assert.deepEqual(parseAddress("API-1.Example.com:80"), { host: "api-1.example.com", port: 80 });
  assert.deepEqual(parseAddress("[::1]:65535"), { host: "::1", port: 65_535 });
});

test("whatever cannot be connected to as written is refused", () => {
  const refused = [
    ...["", "localhost", ":80", "localhost:", "localhost:0", "localhost:65536", "localhost:8e1"],
    ...["::1:80", "[::1]", "[::g]:80", "[127.0.0.1]:80", "http://a:80", "a:80/x", "u@a:80"],
    ...["a b:80", "a:80\r\n", "a\0:80", "-a:80", ".a:80", "a:-1", "a:٣", `${"a".repeat(254)}:80`],
  ];
  for (const address of refused) assert.equal(parseAddress(address), null, address);
});

test("a peer that says nothing else has the default options", () => {
  const peer = toPeer("localhost:80");
  assert.deepEqual(peer, {
    ...PEER_DEFAULTS,
    address: "localhost:80",
    host: "localhost",
    port: 80,
    socketPath: null,
    tls: null,
    egress: null,
    tenant: null,
    seats: null,
    proxy: null,
    bodyTimeoutMs: PEER_DEFAULTS.responseTimeoutMs,
    key: "sluice localhost:80",
  });
});

test("two peers share a pool if their address and transport are the same, timeouts or not", () => {
  const key = toPeer("LOCALHOST:80")?.key;
  assert.equal(toPeer("localhost:80", { responseTimeoutMs: 5 })?.key, key);
  assert.notEqual(toPeer("localhost:81")?.key, key);
  assert.notEqual(toPeer("localhost:80", { transport: "undici" })?.key, key);
});

test("a timeout that no timer can keep is refused", () => {
  for (const ms of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    assert.equal(toPeer("a:1", { connectTimeoutMs: ms }), null);
    assert.equal(toPeer("a:1", { responseTimeoutMs: ms }), null);
  }
  assert.equal(toPeer("a:1", { idleTimeoutMs: 0 })?.idleTimeoutMs, 0);
});
