// Many deployments under load, and what they must show, in either lane.

import assert from "node:assert/strict";
import { type DeployLoad, deployUnderLoad } from "./deploy-load.ts";

/** A few minutes on a quiet machine. */
export const LONG_MS = 30 * 60_000;
/** Of the memory after the first tenth: a leak of one isolate for each deployment is far more. */
const GROWTH_MAX = 1.5;

export async function deployMany(
  isolation: DeployLoad["isolation"],
  say: (figures: string) => void,
  much: Pick<DeployLoad, "deployments" | "connections"> = { deployments: 200, connections: 64 },
): Promise<void> {
  const load = { ...much, isolation };
  const { answered, failures, mixed, deployMs, residentKiB } = await deployUnderLoad(load);
  assert.deepEqual([failures, mixed], [[], []]);
  const sorted = deployMs.toSorted((a, b) => a - b);
  const [median = 0, longest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
  const figures = `median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`;
  say(`${figures}, ${answered} requests, KiB: ${residentKiB.join(" ")}`);
  const growth = Math.max(...residentKiB.slice(-2)) / (residentKiB[0] ?? 1);
  assert.ok(growth < GROWTH_MAX, `resident memory in KiB: ${residentKiB.join(", ")}`);
}
