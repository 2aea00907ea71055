// Addresses, networks and host patterns: what is accepted, in which one spelling, and what is not.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAddress, parseHostPattern, parseNetwork } from "../../../src/base/config/address.ts";

describe("parseAddress", () => {
  const accepted: [string, string, number][] = [
    ["127.0.0.1:8080", "127.0.0.1", 8080],
    ["[::1]:0", "::1", 0],
    ["[2001:DB8:0:0::1]:443", "2001:db8::1", 443],
    ["Origin.Example.com:65535", "origin.example.com", 65_535],
    ["my_service:80", "my_service", 80],
  ];
  for (const [text, host, port] of accepted) {
    it(`takes ${text}`, () => {
      const parsed = parseAddress(text);
      assert.deepEqual([parsed?.host, parsed?.port], [host, port]);
      assert.deepEqual(parseAddress(parsed?.address ?? ""), parsed);
    });
  }

  const refused = [
    "",
    ":80",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0.1:080",
    "127.0.0.1:-1",
    "127.0.0.1:8o",
    "127.1:80",
    "0127.0.0.1:80",
    "1.2.3.999:80",
    "::1:80",
    "[::1]80",
    "[::1%eth0]:80",
    "[127.0.0.1]:80",
    "http://a:80",
    "a b:80",
    "-a:80",
    "a..b:80",
    "a.:80",
    "ä.example:80",
    `${"a".repeat(64)}.example:80`,
    `${"a.".repeat(127)}a:80`,
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(parseAddress(text), null);
    });
  }
});

describe("parseNetwork", () => {
  it("takes networks and single addresses", () => {
    assert.deepEqual(parseNetwork("10.0.0.0/8"), {
      address: "10.0.0.0",
      prefix: 8,
      family: "ipv4",
    });
    assert.deepEqual(parseNetwork("::/0"), { address: "::", prefix: 0, family: "ipv6" });
    assert.equal(parseNetwork("10.0.0.1")?.prefix, 32);
    assert.equal(parseNetwork("fe80::1")?.prefix, 128);
  });

  for (const text of ["10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8/8", "a", ""]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseNetwork(text), null));
  }
});

describe("parseHostPattern", () => {
  const accepted: [string, string][] = [
    ["*", "*"],
    ["*.Example.com", "*.example.com"],
    ["A.example.com", "a.example.com"],
    ["localhost", "localhost"],
    ["127.0.0.1", "127.0.0.1"],
    ["[0::1]", "[::1]"],
  ];
  for (const [text, pattern] of accepted) {
    it(`takes ${text}`, () => assert.equal(parseHostPattern(text), pattern));
  }

  for (const text of [
    "",
    "a:80",
    "*.",
    "**.a",
    "*a.b",
    "a.*.b",
    "a/b",
    "::1",
    "*.*.a",
    "a.b.",
    "\u212a.b",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseHostPattern(text), null));
  }
});
