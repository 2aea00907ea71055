// Intl with a bound. What a formatter holds outside V8's heap (ICU's patterns and calendars, some
// 10 to 270 KB each) is not counted by the isolate's memory limit, so formatters are made once
// for each kind, locales and options, given out again, and limited in number.

import { withDefault } from "./locale.ts";
import { jsonParse, jsonStringify, mapGet, mapSet } from "./primordials.ts";
import { hide, takePlace } from "./stand-in.ts";

/** Formatters that live in one isolate. */
const FORMATTERS_MAX = 64;

type Native = new (...given: never[]) => object;

/** Whether each may be called without `new`. */
const LIMITED: readonly (readonly [native: Native, canBeCalled: boolean])[] = [
  [Intl.Collator, true],
  [Intl.DateTimeFormat, true],
  [Intl.DisplayNames, false],
  [Intl.DurationFormat, false],
  [Intl.ListFormat, false],
  [Intl.NumberFormat, true],
  [Intl.PluralRules, false],
  [Intl.RelativeTimeFormat, false],
];

/** Each text that they cut keeps memory of its own, so there is no number of them to bound. */
const REMOVED = ["Segmenter", "v8BreakIterator"] as const;

const construct = Reflect.construct;
const freeze = Object.freeze;
const formatters = new Map<string, object>();
let made = 0;

export function limitIntl(): void {
  for (const name of REMOVED) Reflect.deleteProperty(Intl, name);
  for (const [native, canBeCalled] of LIMITED) limit(native, canBeCalled);
}

function limit(native: Native, canBeCalled: boolean): void {
  const { name } = native;
  function Limited(this: unknown, locales?: unknown, options?: unknown): object {
    if (new.target === undefined && !canBeCalled) {
      throw new TypeError(`Cannot call Intl.${name}: expected new`);
    }
    const isSubclass = new.target !== undefined && new.target !== Limited;
    if (isSubclass) {
      const given = [withDefault(locales), options];
      return counted(() => construct(native, given, new.target));
    }
    return shared(native, locales, options);
  }
  takePlace(Limited, native);
  hide(Limited, "supportedLocalesOf", Reflect.get(native, "supportedLocalesOf"));
  hide(Intl, name, Limited);
}

/** Made from the key, not from the arguments: their getters may answer differently each time. */
function shared(native: Native, locales: unknown, options: unknown): object {
  const locale = withDefault(locales);
  const settings = options === undefined ? undefined : jsonStringify(options);
  const key = `${native.name} ${jsonStringify(locale) ?? ""} ${settings ?? ""}`;
  const known = mapGet(formatters, key);
  if (known !== undefined) return known;
  const given = settings === undefined ? options : jsonParse(settings);
  const formatter = freeze(counted(() => construct(native, [locale, given])));
  mapSet(formatters, key, formatter);
  return formatter;
}

function counted(make: () => object): object {
  if (made >= FORMATTERS_MAX) {
    throw new RangeError(
      `Cannot make one more Intl formatter: expected at most ${FORMATTERS_MAX} for each script`,
    );
  }
  // before it is made: a getter among its options may make the next one meanwhile
  made++;
  try {
    return make();
  } catch (thrown) {
    made--;
    throw thrown;
  }
}
