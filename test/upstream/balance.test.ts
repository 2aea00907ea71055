// How the policies spread requests: as properties of many choices, with a seed for each run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConsistentHash } from "../../src/upstream/group/consistent-hash.ts";
import { fixedGroup } from "../../src/upstream/group/fixed.ts";
import { LeastRequests } from "../../src/upstream/group/least-requests.ts";
import type { Member } from "../../src/upstream/group/member.ts";
import type { GroupOptions } from "../../src/upstream/group/options.ts";
import { PeakEwma } from "../../src/upstream/group/peak-ewma.ts";
import { RoundRobin } from "../../src/upstream/group/round-robin.ts";
import { GroupTable } from "../../src/upstream/group/table.ts";
import { TwoChoices } from "../../src/upstream/group/two-choices.ts";
import type { UpstreamGroup } from "../../src/upstream/groups.ts";
import { toPeer } from "../../src/upstream/peer.ts";
import { Draw } from "../fuzz/random.ts";

const NONE: ReadonlySet<string> = new Set();

function groupOf(weights: readonly number[], options: Partial<GroupOptions>): UpstreamGroup {
  const members = weights.map((weight, i) => {
    const peer = toPeer(`10.0.0.${i + 1}:80`);
    assert.ok(peer !== null);
    return { peer, weight };
  });
  return fixedGroup("test", members, options);
}

const equal = (count: number): number[] => new Array<number>(count).fill(1);

const hashed = (count: number, boundPercent = 0) =>
  groupOf(equal(count), { policy: new ConsistentHash(boundPercent, new RoundRobin()) });

const keyed = (key: string | null) => ({ hashKey: () => key });

/** Whom each key goes to, with nothing under way. */
function ownersOf(group: UpstreamGroup, keys: number, tried = NONE): string[] {
  return Array.from({ length: keys }, (_, i) => {
    const member = group.next(tried, keyed(`user-${i}`));
    member?.leave();
    return member?.address ?? "";
  });
}

function counts(addresses: readonly string[]): number[] {
  return [...Map.groupBy(addresses, (one) => one).values()].map(({ length }) => length);
}

test("a key goes to the same peer each time, whoever computes it", () => {
  assert.deepEqual(ownersOf(hashed(10), 1_000), ownersOf(hashed(10), 1_000));
});

test("keys spread over ten peers within 15 % of the average", () => {
  const shares = counts(ownersOf(hashed(10), 50_000)).map((count) => count / 5_000);
  assert.equal(shares.length, 10);
  assert.ok(Math.max(...shares) < 1.15, `${Math.max(...shares)}`);
  assert.ok(Math.min(...shares) > 0.85, `${Math.min(...shares)}`);
});

test("when a peer goes its keys alone move, and to all the others", () => {
  const group = hashed(10);
  const before = ownersOf(group, 20_000);
  const [gone] = group.peers;
  assert.ok(gone !== undefined);
  const after = ownersOf(group, 20_000, new Set([gone.key]));
  const moved = before.filter((owner, i) => owner !== after[i]);
  assert.ok(moved.every((owner) => owner === gone.address));
  assert.ok(moved.length / before.length < 0.13, `${moved.length} moved`);
  const heirs = after.filter((_, i) => before[i] === gone.address);
  assert.equal(new Set(heirs).size, 9);
});

test("keys go where nginx 1.22 sends them", () => {
  // what `hash $arg_k consistent` answered for user-0 to user-63, with servers on three ports
  const nginx = "3121321321112113131211332123122311323212111311122231232312122323";
  const peers = [19101, 19102, 19103].map((port) => toPeer(`127.0.0.1:${port}`));
  const members = peers.map((peer) => {
    assert.ok(peer !== null);
    return { peer, weight: 1 };
  });
  const group = fixedGroup("test", members, { policy: new ConsistentHash(0, new RoundRobin()) });
  assert.equal(
    ownersOf(group, 64)
      .map((owner) => owner.at(-1))
      .join(""),
    nginx,
  );
});

test("a weight of three gets three times the keys", () => {
  const policy = new ConsistentHash(0, new RoundRobin());
  const owners = ownersOf(groupOf([3, 1, 1, 1], { policy }), 30_000);
  const heavy = owners.filter((owner) => owner === "10.0.0.1:80").length / 30_000;
  assert.ok(heavy > 0.43 && heavy < 0.57, `${heavy}`);
});

test("requests without a key take turns", () => {
  const group = hashed(4);
  const owners = Array.from({ length: 400 }, () => group.next(NONE, keyed(null))?.address ?? "");
  assert.deepEqual(counts(owners), [100, 100, 100, 100]);
});

test("with a bound nobody has more under way than its share of the average allows", () => {
  const group = hashed(5, 125);
  for (let total = 1; total <= 200; total++) {
    assert.ok(group.next(NONE, keyed("hot")) !== null);
    const most = Math.max(...group.members.map(({ active }) => active));
    assert.ok(most <= Math.ceil((total / 5) * 1.25), `${most} of ${total}`);
  }
});

test("fewest under way: no peer has more than one above the fewest", () => {
  const random = new Draw(1);
  const group = groupOf(equal(5), { policy: new LeastRequests(() => random.next()) });
  const busy: Member[] = [];
  for (let i = 0; i < 2_000; i++) {
    if (busy.length > 20 || (busy.length > 0 && random.next() < 0.4)) {
      busy.splice(Math.floor(random.next() * busy.length), 1)[0]?.leave();
      continue;
    }
    const least = Math.min(...group.members.map(({ active }) => active));
    const chosen = group.next(NONE);
    assert.ok(chosen !== null && chosen.active === least + 1);
    busy.push(chosen);
  }
});

test("of two at random, the slow one gets less", () => {
  const random = new Draw(2);
  const group = groupOf(equal(6), { policy: new TwoChoices(() => random.next()) });
  for (const [i, member] of group.members.entries()) member.latency.add(i === 0 ? 40 : 10, true);
  const chosen = Array.from({ length: 6_000 }, () => {
    const member = group.next(NONE);
    member?.leave();
    return member?.address ?? "";
  });
  const slow = chosen.filter((address) => address === "10.0.0.1:80").length;
  assert.equal(slow, 0, "it loses to whoever it is beside");
});

test("a slow answer counts at once, and fades", () => {
  let nowMs = 1_000;
  const latency = new PeakEwma(() => nowMs);
  latency.add(10, true);
  latency.add(400, true);
  assert.equal(latency.ms, 400);
  nowMs += 10_000;
  assert.ok(Math.abs(latency.ms - 400 / Math.E) < 1);
  latency.add(5, false);
  assert.equal(latency.ms, 1_000, "a failure is no fast answer");
});

test("a worker begins at a random place, and gives each its share from there", () => {
  const firsts = new Set<string>();
  for (let run = 0; run < 64; run++) {
    const random = new Draw(run);
    const group = groupOf([2, 1, 1], { policy: new RoundRobin(() => random.next()) });
    const turns = Array.from({ length: 4 }, () => group.next(NONE)?.address ?? "");
    firsts.add(turns[0] ?? "");
    assert.deepEqual(counts(turns).sort(), [1, 1, 2]);
  }
  assert.equal(firsts.size, 3);
});

test("a peer that comes back gets a growing share", () => {
  let nowMs = 100_000;
  const table = GroupTable.make({ rows: 2, workers: 1 });
  const group = groupOf(equal(2), { warmMs: 10_000, now: () => nowMs, table });
  const [first] = group.members;
  assert.ok(first !== undefined);
  const shareOf = (): number => {
    const turns = Array.from({ length: 1_100 }, () => group.next(NONE));
    return turns.filter((member) => member === first).length / turns.length;
  };
  table.setWarmSince(first.row, nowMs);
  assert.ok(Math.abs(shareOf() - 0.1 / 1.1) < 0.01);
  nowMs += 5_000;
  assert.ok(Math.abs(shareOf() - 0.5 / 1.5) < 0.01);
  nowMs += 5_000;
  assert.ok(Math.abs(shareOf() - 0.5) < 0.01);
});

test("backups serve when nobody before them can, and not when those are only full", () => {
  const peers = ["10.0.0.1:80", "10.0.0.2:80"].map((address) => toPeer(address));
  const members = peers.map((peer, priority) => {
    assert.ok(peer !== null);
    return { peer, weight: 1, priority };
  });
  const group = fixedGroup("test", members, { requestsMax: 1, queuedMax: 4, waitMs: 1_000 });
  const [main, backup] = group.members;
  assert.equal(group.next(NONE), main);
  assert.equal(group.next(NONE), null);
  assert.equal(group.isFull, true);
  assert.equal(group.next(new Set([main?.peer.key ?? ""])), backup);
});
