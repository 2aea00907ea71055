// Who of a group is next.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedGroup } from "../../src/upstream/group/fixed.ts";
import type { Member } from "../../src/upstream/group/member.ts";
import { RoundRobin } from "../../src/upstream/group/round-robin.ts";
import { PAUSE_MS, type UpstreamGroup } from "../../src/upstream/groups.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import type { Peer } from "../../src/upstream/transport.ts";

const NONE: ReadonlySet<string> = new Set();

function peerNamed(name: string): Peer {
  const peer = toPeer(`${name}:80`);
  assert.ok(peer !== null);
  return peer;
}

class Clock {
  ms = 1_000;
  now = (): number => this.ms;
}

function groupOf(weights: { readonly [host: string]: number }, clock = new Clock()): UpstreamGroup {
  const members = Object.entries(weights).map(([host, weight]) => ({
    peer: peerNamed(host),
    weight,
  }));
  return fixedGroup("test", members, { policy: new RoundRobin(() => 0), now: clock.now });
}

function memberNamed(group: UpstreamGroup, name: string): Member {
  const member = group.members.find(({ peer }) => peer.host === name);
  assert.ok(member !== undefined);
  return member;
}

/** The hosts of the next `count` choices. */
const turns = (group: UpstreamGroup, count: number, tried = NONE): string =>
  Array.from({ length: count }, () => group.next(tried)?.peer.host ?? "-").join(" ");

test("peers of equal weight take turns", () => {
  assert.equal(turns(groupOf({ a: 1, b: 1, c: 1 }), 6), "a b c a b c");
});

test("a heavy peer gets its share without bursts", () => {
  assert.equal(turns(groupOf({ a: 5, b: 1, c: 1 }), 14), "a a b a c a a a a b a c a a");
});

test("a peer that was tried in this exchange is not chosen again", () => {
  const group = groupOf({ a: 1, b: 1 });
  assert.equal(turns(group, 3, new Set([peerNamed("a").key])), "b b b");
  assert.equal(group.next(new Set([peerNamed("a").key, peerNamed("b").key])), null);
  assert.equal(groupOf({}).next(NONE), null);
});

test("a peer that refused is left out for a moment, then takes its turns again", () => {
  const clock = new Clock();
  const group = groupOf({ a: 1, b: 1 }, clock);
  group.connectFailed(memberNamed(group, "a"));
  assert.equal(turns(group, 3), "b b b");
  clock.ms += PAUSE_MS - 1;
  assert.equal(turns(group, 2), "b b");
  clock.ms += 1;
  assert.equal(turns(group, 4), "a b a b");
});

test("a peer that refused is chosen if it is all there is", () => {
  const group = groupOf({ a: 1, b: 1 });
  group.connectFailed(memberNamed(group, "a"));
  assert.equal(group.next(new Set([peerNamed("b").key]))?.peer.host, "a");
  group.connectFailed(memberNamed(group, "b"));
  assert.equal(turns(group, 2).split(" ").sort().join(" "), "a b");
});

test("a connection that succeeds ends the pause", () => {
  const group = groupOf({ a: 1, b: 1 });
  group.connectFailed(memberNamed(group, "a"));
  group.connected(memberNamed(group, "a"));
  assert.deepEqual(new Set(turns(group, 4).split(" ")), new Set(["a", "b"]));
});

test("a weight that is not a whole number from 1 is refused", () => {
  for (const weight of [0, -1, 1.5, Number.NaN, 1_001]) {
    assert.throws(() => groupOf({ a: weight }), RangeError);
  }
});
