// A moment as people write it on a command line: how long ago, or a date with or without a time, in
// UTC unless it names a zone, as the times that commands print.

import { InvalidArgumentError } from "commander";

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const AGO = /^(\d{1,6})(s|m|h|d)$/;
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970. @param text  `2h`, `2026-01-31`, `2026-01-31 10:00:00` */
export function parseMoment(text: string, nowMs: number = Date.now()): number {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (unit === "s" || unit === "m" || unit === "h" || unit === "d") {
    return Math.max(0, nowMs - Number(count) * UNITS_MS[unit]);
  }
  const [, day = "", time = "00:00", zone = "Z"] = DATE.exec(text) ?? [];
  const atMs = isDay(day) ? Date.parse(`${day}T${time}${zone}`) : Number.NaN;
  if (atMs >= 0) return atMs;
  throw new InvalidArgumentError(
    "Expected how long ago, such as 90m, 2h or 7d, or a date such as 2026-01-31T10:00Z.",
  );
}

/** The 31st of February would be taken for the 3rd of March. */
function isDay(day: string): boolean {
  const atMs = Date.parse(day);
  return atMs >= 0 && new Date(atMs).toISOString().startsWith(day);
}
