// What survives a reload, a handover and the end of a worker, in memory that others read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTenant } from "../../src/base/config/tenant.ts";
import type { UpstreamConfig } from "../../src/base/config/types.ts";
import { GroupControl } from "../../src/upstream/control/group-control.ts";
import { planOf } from "../../src/upstream/group/configured.ts";
import { PLAIN } from "../../src/upstream/group/options.ts";
import { RoundRobin } from "../../src/upstream/group/round-robin.ts";
import { GroupTable } from "../../src/upstream/group/table.ts";
import { UpstreamGroup } from "../../src/upstream/groups.ts";

const NONE: ReadonlySet<string> = new Set();

function configOf(peers: readonly unknown[], more: object = {}): UpstreamConfig {
  const upstreams = { one: { peers, ...more } };
  const parsed = parseTenant(
    "shop",
    { hosts: ["a.test"], upstreams },
    { caps: {}, isStored: false },
  );
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.mistakes));
  const [config] = parsed.config.upstreams;
  assert.ok(config !== undefined);
  return config;
}

/** As a worker sees it. @param worker  from 0 */
function seenBy(control: GroupControl, config: UpstreamConfig, worker = 0, limits: object = {}) {
  const table = new GroupTable(control.table.shared);
  const policy = new RoundRobin(() => 0);
  return new UpstreamGroup("one", planOf(config, ""), {
    ...PLAIN,
    policy,
    table,
    worker,
    ...limits,
  });
}

function serving(config: UpstreamConfig, workers = 2): GroupControl {
  const control = new GroupControl("one", workers);
  control.prepare(config);
  control.serve(config);
  return control;
}

const turns = (group: UpstreamGroup, count: number): string[] =>
  Array.from({ length: count }, () => {
    const member = group.next(NONE);
    member?.leave();
    return member?.address ?? "-";
  });

const peerIn = (control: GroupControl, address: string) => {
  const peer = control.peer(address);
  assert.ok(peer !== null);
  return peer;
};

test("how a peer stands is seen by every worker at once, and survives a reload", () => {
  const config = configOf(["a:1", "b:1"]);
  const control = serving(config);
  const groups = [seenBy(control, config, 0), seenBy(control, config, 1)];
  control.set(peerIn(control, "a:1"), { admin: "disabled" });
  for (const group of groups) assert.deepEqual(new Set(turns(group, 4)), new Set(["b:1"]));
  const next = configOf(["b:1", "a:1", "c:1"]);
  control.prepare(next);
  control.serve(next);
  assert.deepEqual(new Set(turns(seenBy(control, next), 8)), new Set(["b:1", "c:1"]));
});

test("a configuration that is prepared and never serves changes nothing for those that do", () => {
  const config = configOf(["a:1", "b:1"]);
  const control = serving(config);
  const group = seenBy(control, config);
  const many = Array.from({ length: 60 }, (_, i) => `c${i}:1`);
  control.prepare(configOf(["a:1", ...many]));
  assert.deepEqual(turns(group, 4), ["a:1", "b:1", "a:1", "b:1"]);
  control.set(peerIn(control, "a:1"), { admin: "disabled" });
  assert.deepEqual(new Set(turns(group, 4)), new Set(["b:1"]));
});

test("peers are added, weighed and removed under the workers' eyes", () => {
  const config = configOf(["a:1", "b:1"]);
  const control = serving(config);
  const group = seenBy(control, config);
  assert.ok(control.add({ address: "c:1", weight: 2, priority: 0 }));
  assert.deepEqual(turns(group, 4).sort(), ["a:1", "b:1", "c:1", "c:1"]);
  control.remove("a:1");
  control.set(peerIn(control, "b:1"), { ownWeight: 3 });
  assert.deepEqual(turns(group, 5).sort(), ["b:1", "b:1", "b:1", "c:1", "c:1"]);
});

test("a successor process has what its predecessor knew", () => {
  const config = configOf(["a:1", "b:1"]);
  const control = serving(config);
  control.set(peerIn(control, "a:1"), { health: "down", reason: "it answered with status 500" });
  assert.ok(control.add({ address: "c:1", weight: 1, priority: 0 }));
  const news = structuredClone(control.news("id"));
  const successor = new GroupControl("one", 2);
  successor.takeOver(news);
  successor.prepare(config);
  successor.serve(config);
  const group = seenBy(successor, config);
  assert.deepEqual(new Set(turns(group, 6)), new Set(["b:1", "c:1"]));
  assert.equal(peerIn(successor, "a:1").reason, "it answered with status 500");
});

test("a peer that comes with a reload waits for its first check, one of the start does not", () => {
  const config = configOf(["a:1"], { health: {} });
  const control = serving(config);
  assert.equal(peerIn(control, "a:1").health, "unchecked");
  const next = configOf(["a:1", "b:1"], { health: {} });
  control.prepare(next);
  control.serve(next);
  assert.equal(peerIn(control, "b:1").health, "checking");
  assert.deepEqual(new Set(turns(seenBy(control, next), 4)), new Set(["a:1"]));
});

test("when less than the panic percentage is sound all are used, unless backups are sound", () => {
  const config = configOf(["a:1", "b:1", "c:1"]);
  const control = serving(config);
  const group = seenBy(control, config);
  control.set(peerIn(control, "a:1"), { health: "down" });
  assert.deepEqual(new Set(turns(group, 6)), new Set(["b:1", "c:1"]));
  control.set(peerIn(control, "b:1"), { health: "down" });
  assert.deepEqual(new Set(turns(group, 6)), new Set(["a:1", "b:1", "c:1"]));
  const backed = configOf(["a:1", { address: "b:1", priority: 1 }]);
  const other = serving(backed);
  other.set(peerIn(other, "a:1"), { health: "down" });
  assert.deepEqual(new Set(turns(seenBy(other, backed), 4)), new Set(["b:1"]));
});

test("a worker that dies gives back what it had under way, and its place in the queue", () => {
  const config = configOf(["a:1"]);
  const control = serving(config);
  const limits = { requestsMax: 4, queuedMax: 100, waitMs: 60_000 };
  const [dying, living] = [seenBy(control, config, 0, limits), seenBy(control, config, 1, limits)];
  for (let i = 0; i < 4; i++) assert.ok(dying.next(NONE) !== null);
  const waiting = dying.queue?.enter({ onTurn: () => false, onLate: () => {} });
  assert.equal(living.next(NONE), null);
  assert.equal(living.isFull, true);
  control.forgetWorker(0);
  assert.equal(living.queue?.isBusy, false);
  const { row } = peerIn(control, "a:1");
  assert.equal(control.table.sum(row, "active"), 0);
  assert.equal(control.table.get(row, "requests"), 0);
  assert.ok(living.next(NONE) !== null);
  waiting?.cancel();
});
