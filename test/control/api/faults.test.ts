// What is wrong, for who looks once: faults of the last minute besides those that stay.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultParts, faultsOf } from "../../../src/control/api/faults.ts";
import { overviewOf } from "../../../src/observe/overview.ts";
import type { Minute } from "../../../src/observe/series.ts";

const minute = (requests: number, errors: number): Minute => ({
  ...{ requests, errors },
  ...{ scriptMs: 0, p50Ms: null, p99Ms: null },
});

async function textsOf(minutes: Readonly<Record<string, Minute>>, closed: number) {
  const parts: FaultParts = {
    live: { tenants: () => [], processesOf: () => null },
    breakerOf: () => "closed",
    store: null,
    shared: () => null,
    minutes: () => new Map(Object.entries(minutes)),
  };
  const name = "sluice_client_connections_dropped_total";
  const counted = (reason: string, count: number) => {
    return { name, labels: [reason], key: reason, values: Float64Array.of(count) } as const;
  };
  const snapshot = [counted("full", 7), counted("overload", 2), counted("address", 90)];
  const faults = await faultsOf(parts, overviewOf([snapshot], closed), null);
  return faults.map(({ severity, tenant, text }) => `${severity} ${tenant}: ${text}`);
}

test("tenants most of whose requests fail are wrong, and those with a few that do are not", async () => {
  const minutes = { shop: minute(200, 30), tea: minute(200, 10), quiet: minute(19, 19) };
  assert.deepEqual(await textsOf(minutes, 9), [
    "error shop: 15 % of 200 requests of the last minute failed",
  ]);
});

test("clients for whom there was no room are told of for a minute", async () => {
  const [fault, ...others] = await textsOf({}, 4);
  assert.match(fault ?? "", /^error null: 5 clients' connections .*ulimit -n/);
  assert.deepEqual(others, []);
});
