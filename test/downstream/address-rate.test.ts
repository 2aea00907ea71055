// How many TLS handshakes one address may begin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { AddressRate } from "../../src/downstream/tls/address-rate.ts";

const admitted = (rate: AddressRate, address: string, tries: number, atMs: number): number =>
  Array.from({ length: tries }, () => rate.admits(address, 10, atMs)).filter(Boolean).length;

test("an address may begin so many in a second, all at once or one after the other", () => {
  const rate = new AddressRate();
  assert.equal(admitted(rate, "192.0.2.1", 30, 0), 10);
  assert.equal(admitted(rate, "192.0.2.1", 30, 500), 5);
  assert.equal(admitted(rate, "192.0.2.1", 30, 9_000), 10);
});

test("others are not held up", () => {
  const rate = new AddressRate();
  assert.equal(admitted(rate, "192.0.2.1", 30, 0), 10);
  assert.equal(admitted(rate, "192.0.2.2", 5, 0), 5);
  assert.equal(admitted(rate, "2001:db8:0:1::1", 5, 0), 5);
});

test("addresses of one network of IPv6 are one client", () => {
  const rate = new AddressRate();
  assert.equal(admitted(rate, "2001:db8::1", 30, 0), 10);
  assert.equal(admitted(rate, "2001:db8:0:0:9::7", 30, 0), 0);
  assert.equal(admitted(rate, "2001:0db8::ffff", 30, 0), 0);
  assert.equal(admitted(rate, "2001:db8:1::1", 30, 0), 10);
});

test("0 is any, and a flood of addresses keeps no memory", () => {
  const rate = new AddressRate();
  for (let i = 0; i < 100; i++) assert.equal(rate.admits("192.0.2.1", 0, 0), true);
  assert.equal(admitted(rate, "192.0.2.1", 30, 0), 10);
  for (let i = 0; i < LIMITS.handshakeAddresses; i++)
    rate.admits(`10.${i >> 8}.${i & 255}.1`, 10, 0);
  // it was forgotten: it begins anew
  assert.equal(admitted(rate, "192.0.2.1", 30, 0), 10);
});
