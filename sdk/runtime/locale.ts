// One locale for every script, wherever it runs: en-US, unless the script names another one. The
// process's own is its machine's, and would be another in a cell than inline. (Its time zone is
// UTC: src/base/utc.ts.)

import { arrayIsArray, reflectApply, regexpExec } from "./primordials.ts";
import { hide } from "./stand-in.ts";

const DEFAULT = "en-US";
const { getCanonicalLocales } = Intl;

type Native = Parameters<typeof Reflect.apply>[0];
/** A method, because a function could be called with `new`. */
interface Stand {
  method(this: unknown, ...given: unknown[]): unknown;
}
type Method = Stand["method"];

/** With the default behind them: an engine that knows none of them would take its machine's. */
export function withDefault(locales: unknown): unknown {
  if (locales === undefined) return DEFAULT;
  const known: unknown = reflectApply(getCanonicalLocales, undefined, [locales]);
  const list: unknown[] = [];
  if (arrayIsArray(known)) for (let i = 0; i < known.length; i++) list[i] = known[i];
  list[list.length] = DEFAULT;
  return list;
}

const dateToString = Date.prototype.toString;
const ZONE_NAME = /^(.*) \(.*\)$/;

/** The zone is UTC, which each language has another name for. */
function inEnglish(text: unknown): unknown {
  const parts = typeof text === "string" ? regexpExec(ZONE_NAME, text) : null;
  return parts === null ? text : `${parts[1]} (Coordinated Universal Time)`;
}

/** As `Date()` writes it. */
export const dateText = (date: Date): unknown => inEnglish(reflectApply(dateToString, date, []));

/** Methods that take locales first, or behind so many arguments. */
const LOCALIZED: readonly (readonly [owner: object, names: readonly string[], at: number])[] = [
  [Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"], 0],
  [Number.prototype, ["toLocaleString"], 0],
  [BigInt.prototype, ["toLocaleString"], 0],
  [String.prototype, ["toLocaleLowerCase", "toLocaleUpperCase"], 0],
  [String.prototype, ["localeCompare"], 1],
  [Temporal.Duration.prototype, ["toLocaleString"], 0],
  [Temporal.Instant.prototype, ["toLocaleString"], 0],
  [Temporal.PlainDate.prototype, ["toLocaleString"], 0],
  [Temporal.PlainDateTime.prototype, ["toLocaleString"], 0],
  [Temporal.PlainMonthDay.prototype, ["toLocaleString"], 0],
  [Temporal.PlainTime.prototype, ["toLocaleString"], 0],
  [Temporal.PlainYearMonth.prototype, ["toLocaleString"], 0],
  [Temporal.ZonedDateTime.prototype, ["toLocaleString"], 0],
];

export function fixLocale(): void {
  for (const [owner, names, at] of LOCALIZED) {
    for (const name of names) {
      replace(owner, name, (native) => localized(native, at));
    }
  }
  replace(Date.prototype, "toString", renamed);
  replace(Date.prototype, "toTimeString", renamed);
}

function localized(native: Native, at: number): Method {
  if (at === 0) {
    const stand: Stand = {
      method(locales, options) {
        return reflectApply(native, this, [withDefault(locales), options]);
      },
    };
    return stand.method;
  }
  const stand: Stand = {
    method(other, locales, options) {
      return reflectApply(native, this, [other, withDefault(locales), options]);
    },
  };
  return stand.method;
}

function renamed(native: Native): Method {
  const stand: Stand = {
    method() {
      return inEnglish(reflectApply(native, this, []));
    },
  };
  return stand.method;
}

/** As builtins are: no constructors, with the name and length of what they stand for. */
function replace(owner: object, name: string, standFor: (native: Native) => Method): void {
  const native: unknown = Reflect.get(owner, name);
  if (typeof native !== "function") throw new TypeError(`Cannot find ${name}`);
  const stand = standFor(native);
  Object.defineProperty(stand, "name", { value: name, configurable: true });
  Object.defineProperty(stand, "length", { value: native.length, configurable: true });
  hide(owner, name, stand);
}
