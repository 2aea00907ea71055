// The other doors to the real clock: Temporal.Now, and Intl.DateTimeFormat when it is given no
// date. They are led to the time of the turn.

import { getterOf, reflectApply } from "./primordials.ts";

const define = Object.defineProperty;

/** @param nowMs  the time of the turn, whole milliseconds */
export function closeClockDoors(nowMs: () => number): void {
  closeIntl(nowMs);
  closeTemporal(nowMs);
}

function closeTemporal(nowMs: () => number): void {
  const { Now, Instant, ZonedDateTime } = Temporal;
  const { fromEpochMilliseconds } = Instant;
  const { toZonedDateTimeISO } = Instant.prototype;
  const { timeZoneId } = Now;
  const { toPlainDateTime, toPlainDate, toPlainTime } = ZonedDateTime.prototype;
  const instant = (): object => reflectApply(fromEpochMilliseconds, Instant, [nowMs()]);
  const zoned = (zone: unknown = timeZoneId()): object =>
    reflectApply(toZonedDateTimeISO, instant(), [zone]);
  const plain = (name: string, convert: () => object): void =>
    replace(Now, name, (zone?: unknown) => reflectApply(convert, zoned(zone), []));
  replace(Now, "instant", instant);
  replace(Now, "zonedDateTimeISO", zoned);
  plain("plainDateTimeISO", toPlainDateTime);
  plain("plainDateISO", toPlainDate);
  plain("plainTimeISO", toPlainTime);
}

function closeIntl(nowMs: () => number): void {
  const { prototype } = Intl.DateTimeFormat;
  const boundFormat = getterOf<(date: unknown) => string>(prototype, "format");
  const { formatToParts } = prototype;
  define(prototype, "format", {
    get(this: unknown) {
      const format = boundFormat(this);
      return (date?: unknown) => format(date === undefined ? nowMs() : date);
    },
    configurable: true,
  });
  replace(prototype, "formatToParts", function parts(this: unknown, date?: unknown) {
    return reflectApply(formatToParts, this, [date === undefined ? nowMs() : date]);
  });
}

function replace(owner: object, name: string, value: unknown): void {
  define(owner, name, { value, writable: true, configurable: true, enumerable: false });
}
