// Who the client is, by the word of trusted proxies: entries of X-Forwarded-For and Forwarded in
// every form that proxies write.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressOf, nodesOf } from "../../src/downstream/client-chain.ts";
import { Forwarder, type Sender, TrustedProxies } from "../../src/downstream/forwarded.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { parseRequestHead } from "../../src/http1/request.ts";

const SENDER: Sender = { address: "10.0.0.1", port: 1, tls: false, isHttp2: false, lines: null };
const forwarder = new Forwarder(
  new TrustedProxies([
    { address: "10.0.0.0", prefix: 8, family: "ipv4" },
    { address: "fd00::", prefix: 8, family: "ipv6" },
  ]),
  "us",
);

function forward(...lines: string[]) {
  const text = ["GET / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");
  return forwarder.forward(parseRequestHead(text, CODEC_LIMITS), SENDER);
}

const clientOf = (...lines: string[]): string => forward(...lines).clientAddress;

describe("an entry", () => {
  const readable: readonly (readonly [node: string, address: string])[] = [
    ["198.51.100.7", "198.51.100.7"],
    ["198.51.100.7:49153", "198.51.100.7"],
    ["198.51.100.7:_port", "198.51.100.7"],
    ["2001:db8::7", "2001:db8::7"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["[2001:DB8::7]:443", "2001:DB8::7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["[::ffff:198.51.100.7]:80", "198.51.100.7"],
  ];
  for (const [node, address] of readable) {
    it(`${node} is ${address}`, () => {
      assert.equal(addressOf(node), address);
      assert.equal(clientOf(`X-Forwarded-For: ${node}`), address);
      assert.equal(clientOf(`Forwarded: for="${node}"`), address);
    });
  }

  const unreadable = ["unknown", "_hidden", "_SEVKISEK:80", "198.51.100", "198.51.100.07", "a.b"];
  const halves = ["[2001:db8::7", "2001:db8::7]", "[198.51.100.7]", "198.51.100.7:", "1.2.3.4:x"];
  const odd = ["1.2.3.4 5.6.7.8", "fe80::1%eth0", "1.2.3.4:123456", "[::1]80", "::1::", "-"];
  for (const node of [...unreadable, ...halves, ...odd]) {
    it(`${node} is nobody known, and never the trusted proxy`, () => {
      assert.equal(clientOf(`X-Forwarded-For: ${node}`), "unknown");
      assert.equal(clientOf(`X-Forwarded-For: 198.51.100.7, ${node}, 10.0.0.2`), "unknown");
      assert.equal(clientOf(`Forwarded: for=198.51.100.7, for="${node}"`), "unknown");
    });
  }
});

describe("a chain", () => {
  it("without an entry leaves the sender the client", () => {
    assert.equal(clientOf(), "10.0.0.1");
    assert.equal(clientOf("X-Forwarded-For:"), "10.0.0.1");
    assert.equal(clientOf("X-Forwarded-For: , ,"), "10.0.0.1");
    assert.equal(clientOf("Forwarded:"), "10.0.0.1");
  });

  it("is read from its right end up to the first that is no trusted proxy", () => {
    assert.equal(
      clientOf("X-Forwarded-For: 6.6.6.6, 1.2.3.4:5, [fd00::1]:9, 10.9.9.9:1"),
      "1.2.3.4",
    );
    assert.equal(clientOf("X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 1.2.3.4,,"), "1.2.3.4");
    assert.equal(clientOf("Forwarded: for=6.6.6.6, for=1.2.3.4;by=_x, for=10.9.9.9"), "1.2.3.4");
  });

  it("of trusted proxies alone begins with its client", () => {
    assert.equal(clientOf("X-Forwarded-For: 10.2.2.2, 10.3.3.3"), "10.2.2.2");
  });

  it("in Forwarded counts where there is none in X-Forwarded-For, and is told in both", () => {
    const both = ["Forwarded: for=6.6.6.6", "X-Forwarded-For: 1.2.3.4"];
    assert.equal(clientOf(...both), "1.2.3.4");
    assert.equal(clientOf("X-Forwarded-For: ,", "Forwarded: for=1.2.3.4"), "1.2.3.4");
    const { headers } = forward('Forwarded: for="[2001:db8::7]:1", for=_x');
    assert.match(headers, /\r\nX-Forwarded-For: 2001:db8::7, unknown, 10\.0\.0\.1\r\n/);
    assert.match(
      headers,
      /\r\nForwarded: for="\[2001:db8::7\]:1", for=_x, for=10\.0\.0\.1;proto=http\r\n/,
    );
  });
});

describe("Forwarded", () => {
  const cases: readonly (readonly [value: string, nodes: readonly string[]])[] = [
    ["for=1.2.3.4", ["1.2.3.4"]],
    ["For=1.2.3.4;proto=https;by=203.0.113.43", ["1.2.3.4"]],
    ['proto=http;FOR="1.2.3.4:47011"', ["1.2.3.4:47011"]],
    ['for="[2001:db8:cafe::17]:4711"', ["[2001:db8:cafe::17]:4711"]],
    ["for=[2001:db8::1] , for=1.2.3.4", ["[2001:db8::1]", "1.2.3.4"]],
    ['for="a,b;for=1.2.3.4", for=1.2.3.5', ["a,b;for=1.2.3.4", "1.2.3.5"]],
    ['for="1.2.\\3.4"', ["1.2.3.4"]],
    ["for=1.2.3.4;", ["1.2.3.4"]],
    [", for=1.2.3.4,", ["1.2.3.4"]],
    ["proto=https, for=1.2.3.4", ["unknown", "1.2.3.4"]],
    ["for=1.2.3.4;for=1.2.3.5", ["unknown"]],
    // nobody can say which of its elements is whose
    ["for=1.2.3.4, for", ["unknown"]],
    ['for="1.2.3.4', ["unknown"]],
    ["for = 1.2.3.4", ["unknown"]],
    ['for=1.2.3.4"x"', ["unknown"]],
  ];
  for (const [value, nodes] of cases) {
    it(`${value} names ${nodes.join(" and ")}`, () => assert.deepEqual(nodesOf(value), nodes));
  }
});
