// How many clients there are descriptors for.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boundOf,
  descriptorLimit,
  shareOf,
  warnOfFew,
} from "../../../src/fleet/shared/descriptors.ts";

test("the limit of this process is known on Linux", () => {
  assert.equal(Number.isFinite(descriptorLimit()), process.platform === "linux");
});

test("clients and their upstreams have what nothing else needs", () => {
  for (const limit of [256, 1_024, 20_000, 1_048_576]) {
    for (const workers of [1, 2]) {
      const { clients, upstreams } = shareOf(limit, workers);
      assert.ok(clients >= 8 && upstreams >= clients);
      assert.ok(workers * (clients + upstreams) < limit * 0.9);
      assert.ok(workers * (clients + upstreams) > limit * 0.2);
    }
  }
});

test("a limit with which nobody could be served is refused, and the one it names is not", () => {
  for (const [limit, workers] of [
    [64, 1],
    [256, 4],
    [1_024, 64],
  ] as const) {
    try {
      shareOf(limit, workers);
      assert.fail("it was taken");
    } catch (thrown) {
      const least = /expected a limit of (\d+) or more open files/.exec(String(thrown))?.[1];
      assert.ok(shareOf(Number(least), workers).clients >= 8, String(thrown));
      assert.throws(() => shareOf(Number(least) - 1, workers));
    }
  }
});

test("too few are told of where somebody asked for more, or where few could be served", () => {
  const told: unknown[] = [];
  const logger = { warn: (fields: { connections: number }) => void told.push(fields.connections) };
  const share = (clients: number) => ({ clients, upstreams: clients });
  warnOfFew(logger, 20_000, share(1_000));
  warnOfFew(logger, 900, share(1_000));
  assert.deepEqual(told, [], "nobody has asked for the default, and few need all of it");
  warnOfFew(logger, 20_000, share(999));
  warnOfFew(logger, 1_001, share(1_000));
  assert.deepEqual(told, [999, 1_000]);
});

test("the lower of configuration and descriptors holds, and is named", () => {
  const share = { clients: 100, upstreams: 100 };
  assert.deepEqual(boundOf(50, share), { max: 50, name: "limits.connections" });
  assert.deepEqual(boundOf(200, share), { max: 100, name: "ulimit -n" });
});
