// Peers that scripts return: which addresses they may have, in whatever way they are written, and
// whatever their names mean when it comes to connecting.

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { type EgressRule, parseEgress } from "../../src/base/config/address.ts";
import { Egress } from "../../src/upstream/egress.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import type { Peer } from "../../src/upstream/transport.ts";
import { borrower } from "./recorder.ts";
import { answering, OK, Stand, settle } from "./stand.ts";

const KINDS = ["sluice", "undici"] as const;

function egress(...rules: string[]): Egress {
  return new Egress(
    "demo",
    rules.map((text): EgressRule => parseEgress(text) ?? assert.fail(text)),
  );
}

function guarded(address: string, kind: Peer["transport"] = "sluice", rules: string[] = []): Peer {
  const peer = toPeer(address, { transport: kind, egress: egress(...rules) });
  return peer ?? assert.fail(`no peer: ${address}`);
}

const FORBIDDEN = { code: "peer_forbidden" } as const;

const INSIDE = [
  ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"],
  ...["127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
  ...["192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"],
  ...["203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  ...["::", "::1", "::127.0.0.1", "::7f00:1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254"],
  ...["ff02::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1"],
  ...["5f00::1", "4000::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:10.0.0.1"],
  ...["::ffff:169.254.169.254", "::ffff:0:0", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe"],
  ...["64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1", "fe80::1%lo", "::ffff:0:127.0.0.1"],
];

const PUBLIC = [
  ...["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"],
  ...["169.253.0.1", "192.0.1.1", "198.20.0.1", "223.255.255.255", "126.0.0.1", "128.0.0.1"],
  ...["2606:4700:4700::1111", "2a00:1450:4001::8a", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
];

test("no address inside is allowed, and every public one is", () => {
  const none = egress();
  for (const address of INSIDE) assert.equal(none.allows(address, 80), false, address);
  for (const address of PUBLIC) assert.equal(none.allows(address, 80), true, address);
});

test("this machine's own addresses are not allowed, public or not", () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  assert.ok(own.length > 0);
  for (const { address } of own) assert.equal(egress().allows(address, 80), false, address);
});

test("the egress list opens addresses, networks and ports, and nothing beside them", () => {
  const some = egress("10.1.0.0/16", "10.2.0.1", "10.3.0.1:8080", "fd00::/8", "[fd01::]:443");
  for (const [address, port, isAllowed] of [
    ["10.1.2.3", 80, true],
    ["::ffff:10.1.2.3", 80, true],
    ["10.2.0.1", 1, true],
    ["10.2.0.2", 80, false],
    ["10.3.0.1", 8080, true],
    ["10.3.0.1", 8081, false],
    ["10.3.0.2", 8080, false],
    ["fd12::1", 80, true],
    ["fc00::1", 80, false],
    ["127.0.0.1", 80, false],
    ["1.1.1.1", 80, true],
  ] as const) {
    assert.equal(some.allows(address, port), isAllowed, `${address}:${port}`);
  }
});

test("an egress rule is an address or a network, with or without a port", () => {
  for (const text of ["10.0.0.1", "10.0.0.0/8:443", "::1", "fd00::/8", "[::1]:80", "[fd00::/8]:1"])
    assert.notEqual(parseEgress(text), null, text);
  for (const text of [
    "",
    "a.example",
    "10.0.0.1:0",
    "10.0.0.1:65536",
    "10.0.0.0/33",
    "[::1]",
    ":80",
  ])
    assert.equal(parseEgress(text), null, text);
});

for (const kind of KINDS) {
  test(`${kind}: 127.0.0.1 is refused in each of its notations`, async () => {
    using stand = new Stand({ kind });
    await using origin = await stand.listen(answering(OK));
    const hosts = ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1"];
    hosts.push("0177.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "127.0.0.2");
    hosts.push("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]");
    for (const host of hosts) {
      const peer = guarded(`${host}:${origin.port}`, kind);
      await assert.rejects(stand.borrow(peer), (error: Error & { code?: string }) => {
        // a resolver may not know the odd ones: then there is nothing to be refused
        assert.match(error.code ?? "", /^(?:peer_forbidden|connect_failed)$/, host);
        if (error.code === "connect_failed") assert.match(error.message, /no address of the name/);
        return true;
      });
    }
    assert.equal(origin.accepted.length, 0);
  });

  test(`${kind}: a peer on the egress list is reached`, async () => {
    using stand = new Stand({ kind });
    await using origin = await stand.listen(answering(OK));
    const peer = guarded(origin.address, kind, [`127.0.0.1:${origin.port}`]);
    const { recorder } = await stand.exchange(peer);
    assert.equal(recorder.body.toString(), "ok");
  });

  test(`${kind}: a name that turns to an address inside is refused when it does`, async () => {
    const answers = [["127.0.0.2"], ["127.0.0.1"]];
    using stand = new Stand({
      kind,
      limits: { nameTtlMs: 0 },
      lookup: (_name, done) => done(null, answers.shift() ?? []),
    });
    await using origin = await stand.listen(answering(OK));
    const peer = guarded(`rebind.test:${origin.port}`, kind, ["127.0.0.2"]);
    // allowed, and nobody listens there
    await assert.rejects(stand.borrow(peer), { code: "connect_refused" });
    // the old answer is used while the new one is asked for: whichever it is, it is judged
    await assert.rejects(stand.borrow(peer), FORBIDDEN);
    assert.equal(origin.accepted.length, 0);
  });
}

test("of a name's addresses the forbidden ones are never connected to", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, ["127.0.0.1", "127.0.0.9", "::1", "10.0.0.1"]),
  });
  await using origin = await stand.listen(answering(OK));
  const peer = guarded(`mixed.test:${origin.port}`, "sluice", ["127.0.0.9"]);
  await assert.rejects(stand.borrow(peer), (error: Error) => {
    assert.match(error.message, /127\.0\.0\.9: ECONNREFUSED$/);
    assert.doesNotMatch(error.message, /127\.0\.0\.1|::1|10\.0\.0\.1/);
    return true;
  });
  assert.equal(origin.accepted.length, 0);
});

test("a connection that another opened is no way around the check", async () => {
  using stand = new Stand({ kind: "sluice" });
  await using origin = await stand.listen(answering(OK, OK));
  await stand.exchange(stand.peer(origin));
  assert.equal(stand.transport.counts.idle, 1);
  await assert.rejects(stand.borrow(guarded(origin.address)), FORBIDDEN);
  const other = toPeer(origin.address, { egress: new Egress("other", [loopback()]) });
  assert.ok(other !== null);
  await stand.exchange(other);
  await assert.rejects(stand.borrow(guarded(origin.address)), FORBIDDEN);
});

const loopback = (): EgressRule => parseEgress("127.0.0.0/8") ?? assert.fail();

test("a refusal names the peer, not the addresses of its name", async () => {
  using stand = new Stand({ kind: "sluice", lookup: (_name, done) => done(null, ["10.1.2.3"]) });
  await assert.rejects(stand.borrow(guarded("db.internal:5432")), {
    ...FORBIDDEN,
    message:
      "Cannot connect to db.internal:5432: " +
      "expected a public address, or one of the tenant's egress list",
  });
  assert.equal(stand.deadlines.size, 0);
});

test("a borrow that is cancelled before it is refused hears nothing", async () => {
  using stand = new Stand({ kind: "sluice" });
  const told: unknown[] = [];
  stand.transport
    .borrow(
      guarded("127.0.0.1:80"),
      borrower((lent) => told.push(lent)),
    )
    .cancel();
  await settle();
  assert.deepEqual(told, []);
});
