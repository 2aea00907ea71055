// `Server-Timing` of an answer whose head is about to leave: what the tenant's own hooks and its
// upstream have taken so far. Browsers show it beside their own times.

import { monotonicMs } from "../base/clock.ts";
import { hooksOf } from "../wire/phases.ts";
import type { Timings } from "./timings.ts";

/** `sluice-requestFilter;dur=1.2, sluice-connect;dur=0.4`: names are tokens. */
export function serverTiming(timings: Timings): string {
  const all = new Map<string, number>();
  const add = (name: string, ms: number): void =>
    void all.set(name, (all.get(name) ?? 0) + Math.max(0, ms));
  for (const { mask, turnMs, endMs, isOuter } of timings.hooks) {
    if (!isOuter) add(hooksOf(mask).join("+"), endMs - turnMs);
  }
  if (timings.waitMs > 0) add("wait", timings.waitMs);
  for (const { startMs, headMs, endMs } of timings.fetches.filter(({ isOuter }) => !isOuter)) {
    add("fetch", (headMs || endMs) - startMs);
  }
  for (const { startMs, lentMs, headMs } of timings.attempts) {
    if (lentMs !== 0) add("connect", lentMs - startMs);
    if (headMs !== 0) add("upstream", headMs - lentMs);
  }
  add("total", monotonicMs() - timings.startMs);
  return [...all]
    .map(([name, ms]) => `sluice-${name};dur=${Math.round(ms * 100) / 100}`)
    .join(", ");
}
