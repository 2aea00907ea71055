// How many TLS contexts a worker keeps, and whose: certificates come and go for as long as it runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { CertificateTable, certificateOf } from "../../src/downstream/tls/certificates.ts";
import { TlsContexts } from "../../src/downstream/tls/contexts.ts";
import type { TlsOwner } from "../../src/downstream/tls/owner.ts";
import { makeCertificate } from "../support/certificates.ts";

const [first, renewed] = await Promise.all([
  makeCertificate("DNS:a.example"),
  makeCertificate("DNS:a.example"),
]);
const NOW_MS = 1_000_000;
const make = (): TlsContexts => new TlsContexts({ minVersion: "TLSv1.2", certificates: [] }, KEY);
const KEY = Buffer.alloc(32, 1);
const owner = (id: string, pair = first): TlsOwner => {
  return { id, clients: null, certificates: new CertificateTable([certificateOf(pair)]) };
};

test("a context is made once, and anew for another certificate or another tenant", () => {
  const contexts = make();
  const chosen = (of: TlsOwner) => contexts.choose("a.example", of, NOW_MS).context;
  assert.equal(chosen(owner("one")), chosen(owner("one")));
  assert.notEqual(chosen(owner("one")), chosen(owner("two")));
  assert.notEqual(chosen(owner("one")), chosen(owner("one", renewed)));
});

test("those that were not asked for longest are forgotten, however many certificates come", () => {
  const contexts = make();
  const chosen = (id: string) => contexts.choose("a.example", owner(id), NOW_MS).context;
  const [forgotten, kept] = [chosen("forgotten"), chosen("kept")];
  for (let i = 0; i < LIMITS.tlsContexts; i++) {
    chosen(`tenant ${i}`);
    if (i % 100 === 0) assert.equal(chosen("kept"), kept);
  }
  assert.equal(chosen("kept"), kept);
  assert.notEqual(chosen("forgotten"), forgotten);
});

test("without a certificate of anybody's there is a context that no handshake comes through", () => {
  const nobody: TlsOwner = { id: "", certificates: null, clients: null };
  const { context, covers } = make().choose("a.example", nobody, NOW_MS);
  assert.ok(context !== undefined);
  assert.equal(covers("a.example"), false);
});
