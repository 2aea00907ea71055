// Whose names are asked for where: a tenant whose scripts ask for names that nobody answers holds
// up its own, and no one else's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import type { LookupResult, NameWaiter } from "../../src/upstream/name-table.ts";
import { Names } from "../../src/upstream/names.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import type { Peer } from "../../src/upstream/transport.ts";
import { Origin } from "./origin.ts";
import { borrower } from "./recorder.ts";
import { answering, OK, Stand } from "./stand.ts";

function peerOf(host: string, tenant?: string): Peer {
  const peer = toPeer(`${host}:80`, { tenant });
  assert.ok(peer !== null);
  return peer;
}

interface Query {
  readonly name: string;
  readonly done: LookupResult;
}

/** Names over two resolvers that the test answers for. */
function bench(limits = UPSTREAM_LIMITS) {
  const system: Query[] = [];
  const servers: Query[] = [];
  const names = new Names({
    limits,
    lookup: (name, done) => system.push({ name, done }),
    scriptLookup: (name, done) => servers.push({ name, done }),
  });
  const ask = (peer: Peer): string[] => {
    const got: string[] = [];
    const waiter: NameWaiter = {
      onAddresses: (addresses) => got.push(...addresses),
      onNoAddress: (error) => got.push(error.message),
    };
    names.tableFor(peer).ask(peer.host, waiter);
    return got;
  };
  return { system, servers, names, ask };
}

const namesOf = (queries: readonly Query[]): string[] => queries.map(({ name }) => name);

test("names of the configuration are asked for at the start, those of scripts when they come", () => {
  const { system, servers, names, ask } = bench();
  names.keep([peerOf("one.example"), peerOf("10.0.0.7"), peerOf("one.example")]);
  ask(peerOf("two.example", "shop"));
  assert.deepEqual([namesOf(system), namesOf(servers)], [["one.example"], ["two.example"]]);
});

test("a tenant whose names are not answered holds up no other tenant's, and no configured one", () => {
  const { system, servers, ask } = bench();
  for (let i = 0; i < 30; i++) ask(peerOf(`${i}.dead.example`, "hostile"));
  assert.equal(servers.length, UPSTREAM_LIMITS.queriesPerTenantMax);
  const other = ask(peerOf("origin.example", "honest"));
  servers.at(-1)?.done(null, ["192.0.2.1"]);
  const configured = ask(peerOf("origin.example"));
  system.at(-1)?.done(null, ["192.0.2.2"]);
  assert.deepEqual([other, configured], [["192.0.2.1"], ["192.0.2.2"]]);
});

test("a tenant that fills its own table with names costs no other tenant an address", () => {
  const { servers, ask } = bench({ ...UPSTREAM_LIMITS, namesPerTenantMax: 2 });
  ask(peerOf("origin.example", "honest"));
  servers.at(-1)?.done(null, ["192.0.2.1"]);
  for (let i = 0; i < 10; i++) {
    ask(peerOf(`${i}.example`, "busy"));
    servers.at(-1)?.done(null, ["192.0.2.9"]);
  }
  const { length } = servers;
  assert.deepEqual(ask(peerOf("origin.example", "honest")), ["192.0.2.1"]);
  assert.equal(servers.length, length);
});

test("of too many tenants the one that asked longest ago is forgotten, unless it waits", () => {
  const { servers, ask } = bench({ ...UPSTREAM_LIMITS, nameTablesMax: 2 });
  ask(peerOf("a.example", "waiting"));
  for (const tenant of ["old", "new"]) {
    ask(peerOf("a.example", tenant));
    servers.at(-1)?.done(null, ["192.0.2.1"]);
  }
  ask(peerOf("a.example", "waiting"));
  ask(peerOf("a.example", "new"));
  assert.equal(servers.length, 3);
  ask(peerOf("a.example", "old"));
  assert.equal(servers.length, 4);
});

test("the operating system is asked for configured names, and knows localhost", async () => {
  const names = new Names({ limits: UPSTREAM_LIMITS });
  const peer = peerOf("localhost");
  const addresses = await new Promise<readonly string[]>((resolve, reject) => {
    names.tableFor(peer).ask(peer.host, { onAddresses: resolve, onNoAddress: reject });
  });
  assert.ok(addresses.includes("127.0.0.1") || addresses.includes("::1"), addresses.join());
});

test("a configured peer is reached while a script's names are not answered", async () => {
  using stand = new Stand({
    kind: "sluice",
    lookup: (_name, done) => done(null, ["127.0.0.1"]),
    scriptLookup: () => {},
  });
  await using origin = await Origin.listen(answering(OK));
  for (let i = 0; i < 20; i++) {
    stand.transport.borrow(
      peerOf(`${i}.dead.example`, "hostile"),
      borrower(() => assert.fail("an answer")),
    );
  }
  const peer = toPeer(`origin.example:${origin.port}`);
  assert.ok(peer !== null);
  assert.equal((await stand.exchange(peer)).recorder.body.toString(), "ok");
});
