// How several proxies do as one answer: what is wrong, and who says so; sums of what can be added.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type NodeStatus, statusOfNodes } from "../../../src/control/api/status-of-nodes.ts";

const STATUS: NodeStatus = {
  ...{ startedAt: "2026-01-02", ready: true, workers: 2, tenants: 3, cells: 1, isolates: 4 },
  ...{ connections: 5, requestsActive: 6, requests: 10, errors: 1, bytesReceived: 0 },
  ...{ bytesSent: 0, scriptMs: 0, durations: { boundsMs: [1], counts: [2, 3] }, faults: [] },
};

test("what is wrong is said once, with those where it is, unless it is everywhere", () => {
  const error = (text: string) => ({ severity: "error", tenant: null, text }) as const;
  const warning = (text: string) => ({ severity: "warning", tenant: "shop", text }) as const;
  const status: NodeStatus = { ...STATUS, faults: [warning("suspended"), warning("late")] };
  const sum = statusOfNodes([
    { name: "edge-1", value: status },
    {
      name: "edge-2",
      value: {
        ...status,
        ...{ startedAt: "2026-01-01", ready: false, tenants: 4 },
        faults: [error("no room"), warning("suspended")],
      },
    },
  ]);
  assert.deepEqual(sum.faults, [
    { ...error("no room"), nodes: ["edge-2"] },
    warning("suspended"),
    { ...warning("late"), nodes: ["edge-1"] },
  ]);
  assert.partialDeepStrictEqual(sum, {
    ...{ startedAt: "2026-01-01", ready: false, workers: 4, tenants: 4, connections: 10 },
    durations: { counts: [4, 6] },
  });
});

test("durations are added up of those that have the same buckets", () => {
  const status = (boundsMs: readonly number[], counts: readonly number[]): NodeStatus => {
    return { ...STATUS, durations: { boundsMs, counts } };
  };
  const { durations, requests } = statusOfNodes([
    { name: "edge-1", value: status([1, 2], [1, 2, 3]) },
    { name: "edge-2", value: status([1, 4], [10, 10, 10]) },
    { name: "edge-3", value: status([1, 2], [1, 1, 1]) },
  ]);
  assert.deepEqual([durations, requests], [{ boundsMs: [1, 2], counts: [2, 3, 4] }, 30]);
});
