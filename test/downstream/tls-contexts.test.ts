// How many TLS contexts a worker keeps, and whose: certificates come and go for as long as it runs.
// Which certificate of several a client is shown.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { connect } from "node:tls";
import { LIMITS } from "../../src/base/limits.ts";
import {
  type Certificate,
  CertificateTable,
  certificateOf,
} from "../../src/downstream/tls/certificates.ts";
import { certificatesFor, TlsContexts, type Unusable } from "../../src/downstream/tls/contexts.ts";
import { Handshake, type HandshakeOwner } from "../../src/downstream/tls/handshake.ts";
import type { TlsOwner } from "../../src/downstream/tls/owner.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";

const [first, renewed] = await Promise.all([
  makeCertificate("DNS:a.example"),
  makeCertificate("DNS:a.example"),
]);
const NOW_MS = 1_000_000;
const make = (unusable: Unusable = assert.fail): TlsContexts =>
  new TlsContexts({ minVersion: "TLSv1.2", certificates: [] }, KEY, unusable);
const KEY = Buffer.alloc(32, 1);
const owner = (id: string, pair = first): TlsOwner => {
  return { id, clients: null, certificates: new CertificateTable([certificateOf(pair)]) };
};

test("a context is made once, and anew for another certificate or another tenant", () => {
  const contexts = make();
  const chosen = (of: TlsOwner) =>
    contexts.choose("a.example", of, NOW_MS)?.context ?? assert.fail();
  assert.equal(chosen(owner("one")), chosen(owner("one")));
  assert.notEqual(chosen(owner("one")), chosen(owner("two")));
  assert.notEqual(chosen(owner("one")), chosen(owner("one", renewed)));
});

test("those that were not asked for longest are forgotten, however many certificates come", () => {
  const contexts = make();
  const chosen = (id: string) => contexts.choose("a.example", owner(id), NOW_MS)?.context;
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
  const chosen = make().choose("a.example", nobody, NOW_MS);
  assert.ok(chosen?.context !== undefined);
  assert.equal(chosen.covers("a.example"), false);
});

test("a certificate that OpenSSL will not take is said once, and fails its own handshakes", () => {
  const told: string[] = [];
  const contexts = make((id) => told.push(id));
  const unfit = owner("unfit", { cert: first.cert, key: renewed.key });
  for (let i = 0; i < 3; i++) assert.equal(contexts.choose("a.example", unfit, NOW_MS), null);
  assert.deepEqual(told, ["unfit"]);
  assert.notEqual(contexts.choose("a.example", owner("fit"), NOW_MS), null);
});

test("where no context can be made a client is let go, and nothing is thrown", async () => {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const client = connect({ port: address.port, host: "127.0.0.1" });
  const [socket]: Socket[] = await once(server, "connection");
  assert.ok(socket !== undefined);
  const failed = new Promise<string>((resolve) => {
    const owner: HandshakeOwner = {
      ...{ choose: () => null, challengeFor: () => null },
      ...{ answered: () => assert.fail(), secured: () => assert.fail() },
      failed: (_handshake, reason) => resolve(reason),
    };
    new Handshake(socket, owner, { handshakeMs: 60_000, isHttp2: true }).begin(Buffer.alloc(0));
  });
  await assert.rejects(once(client, "secureConnect"));
  assert.equal(await failed, "its certificate cannot be used");
  server.close();
  await once(server, "close");
});

const authority = await Authority.make();
const issue = async (name: string, days: number, kind: "ec" | "rsa" = "ec") =>
  certificateOf(await authority.issue({ names: [name], days, kind }));
const [valid, wild, rsa, expired, expiredWild, expiredRsa] = await Promise.all([
  issue("a.example", 2),
  issue("*.example", 2),
  issue("a.example", 2, "rsa"),
  issue("a.example", -1),
  issue("*.example", -1),
  issue("a.example", -1, "rsa"),
]);
const NONE = new CertificateTable([]);

/** What is shown to who asks for a.example, and whose it is. */
function shown(own: readonly Certificate[], ofListener: readonly Certificate[] = []) {
  const { found, certificateOwner } = certificatesFor("a.example", {
    owner: { id: "one", certificates: own.length === 0 ? null : new CertificateTable(own) },
    listeners: ofListener.length === 0 ? NONE : new CertificateTable(ofListener),
    nowMs: Date.now(),
  });
  return { found, certificateOwner };
}

test("a certificate that is valid is shown in place of one that is not, whatever came first", () => {
  const own = { certificateOwner: "one" };
  assert.deepEqual(shown([expired, valid]), { found: [valid], ...own });
  assert.deepEqual(shown([expired, wild]), { found: [wild], ...own });
  assert.deepEqual(shown([valid, expiredRsa]), { found: [valid], ...own });
  assert.deepEqual(shown([expired], [wild]), { found: [wild], certificateOwner: "" });
  assert.deepEqual(shown([], [expired, wild]), { found: [wild], certificateOwner: "" });
});

test("of those that are valid, as of those that are not, the first of each kind is shown", () => {
  const own = { certificateOwner: "one" };
  assert.deepEqual(shown([valid, rsa, wild], [rsa]), { found: [valid, rsa], ...own });
  assert.deepEqual(shown([expired, expiredRsa], [expiredWild]), {
    found: [expired, expiredRsa],
    ...own,
  });
});
