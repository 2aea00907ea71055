// A moment as people write it on a command line: how long ago, or a date with or without a time.

import { InvalidArgumentError } from "commander";

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const AGO = /^(\d{1,6})(s|m|h|d)$/;
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970; a time without a zone is local. @param text  `2h`, `2026-01-31` */
export function parseMoment(text: string, nowMs: number = Date.now()): number {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (unit === "s" || unit === "m" || unit === "h" || unit === "d") {
    return Math.max(0, nowMs - Number(count) * UNITS_MS[unit]);
  }
  const atMs = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (atMs >= 0) return atMs;
  throw new InvalidArgumentError(
    "Expected how long ago, such as 90m, 2h or 7d, or a date such as 2026-01-31T10:00Z.",
  );
}
