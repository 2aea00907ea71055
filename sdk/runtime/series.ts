// Labels of counters and histograms. Which values a label may have is said where the counter is
// made, so that there is a counter for each from the start and nothing that a client sends makes
// another.

import {
  FAMILY_NAME,
  LABEL_NAME,
  LABEL_VALUE,
  LABELS_MAX,
  type Label,
  RESERVED_LABELS,
  SERIES_MAX,
} from "../../src/wire/series.ts";
import { quote } from "./ascii-json.ts";
import { arrayIsArray, objectKeys, regexpExec, stringSlice } from "./primordials.ts";

/** Each label with all values that it may have: `{ plan: ["free", "pro"] }`. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** One value for each label: `{ plan: "free" }`. */
export type LabelValues<L extends Labels> = { readonly [Name in keyof L]: L[Name][number] };

export interface LabelOptions<L extends Labels> {
  /** Up to 4 labels, with all values that each may have; up to 256 series in all. */
  readonly labels: L;
}

interface FamilyOptions<T> {
  /** `counter answers`: for messages. */
  readonly title: string;
  readonly name: string;
  readonly labels: unknown;
  /** Counters that each series needs. */
  readonly weight: number;
  readonly make: (labels: readonly Label[]) => T;
}

const is = (pattern: RegExp, text: unknown): text is string =>
  typeof text === "string" && regexpExec(pattern, text) !== null;

/** The one of these values. Throws RangeError for a value that was not declared. */
export function familyOf<T>(options: FamilyOptions<T>): (values: unknown) => T {
  const { title, name, labels, weight, make } = options;
  if (!is(FAMILY_NAME, name)) {
    throw new TypeError(
      `${title}: expected a name of 1 to 64 of A-Z a-z 0-9 _ . : - to have labels`,
    );
  }
  const declared = declaredOf(title, labels);
  const names = objectKeys(declared);
  let count = weight;
  for (let i = 0; i < names.length; i++) count *= declared[names[i] as string]?.length ?? 0;
  if (count > SERIES_MAX) {
    throw new RangeError(`${title}: expected at most ${SERIES_MAX} series, got ${count}`);
  }
  const series: Record<string, T> = Object.create(null);
  addSeries({ names, declared, series, make }, "", []);
  return (values) => series[keyOf(names, values)] ?? unknown(title, declared, values);
}

interface Adding<T> {
  readonly names: readonly string[];
  readonly declared: Labels;
  readonly series: Record<string, T>;
  readonly make: (labels: readonly Label[]) => T;
}

/** All combinations that begin with these labels. */
function addSeries<T>(adding: Adding<T>, key: string, labels: readonly Label[]): void {
  const { names, declared, series, make } = adding;
  const name = names[labels.length];
  if (name === undefined) {
    series[key] = make(labels);
    return;
  }
  const values = declared[name] ?? [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    addSeries(adding, `${key},${value}`, [...labels, [name, value]]);
  }
}

/** Values have no commas, so that no two combinations have one key. */
function keyOf(names: readonly string[], values: unknown): string {
  let key = "";
  const given = (values ?? {}) as Readonly<Record<string, unknown>>;
  for (let i = 0; i < names.length; i++) {
    const value = given[names[i] as string];
    if (typeof value !== "string") return "";
    key += `,${value}`;
  }
  return key;
}

function unknown(title: string, declared: Labels, values: unknown): never {
  const given = (values ?? {}) as Readonly<Record<string, unknown>>;
  const names = objectKeys(declared);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = given[name];
    const known = declared[name] ?? [];
    let isKnown = false;
    let list = "";
    for (let at = 0; at < known.length; at++) {
      isKnown ||= known[at] === value;
      list += `${at === 0 ? "" : ", "}${known[at]}`;
    }
    if (!isKnown) throw new RangeError(`${title}: label ${name}: expected one of ${list}`);
  }
  throw new RangeError(`${title}: expected values of its labels`);
}

function declaredOf(title: string, labels: unknown): Labels {
  if (typeof labels !== "object" || labels === null) {
    throw new TypeError(`${title}: expected labels like { plan: ["free", "pro"] }`);
  }
  const names = objectKeys(labels);
  if (names.length === 0 || names.length > LABELS_MAX) {
    throw new RangeError(`${title}: expected 1 to ${LABELS_MAX} labels, got ${names.length}`);
  }
  const declared: Record<string, readonly string[]> = Object.create(null);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!is(LABEL_NAME, name) || isReserved(name)) {
      const but = "but tenant, name, le and sum";
      throw new TypeError(`${title}: expected labels of 1 to 32 of A-Z a-z 0-9 _, ${but}`);
    }
    declared[name] = valuesOf(`${title}: label ${name}`, (labels as Record<string, unknown>)[name]);
  }
  return declared;
}

function isReserved(name: string): boolean {
  for (let i = 0; i < RESERVED_LABELS.length; i++) if (RESERVED_LABELS[i] === name) return true;
  return false;
}

const shown = (value: unknown): string =>
  typeof value === "string" ? quote(stringSlice(value, 0, SHOWN_CHARS)) : `a ${typeof value}`;

const SHOWN_CHARS = 100;

/** A copy: nobody adds to it later. */
function valuesOf(title: string, given: unknown): readonly string[] {
  if (!arrayIsArray(given) || given.length === 0) {
    throw new TypeError(`${title}: expected a list of all values that it may have`);
  }
  const values: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (!is(LABEL_VALUE, value)) {
      const expected = "expected values of 1 to 64 of A-Z a-z 0-9 _ . : / + * -";
      throw new TypeError(`${title}: ${expected}, got ${shown(value)}`);
    }
    for (let at = 0; at < i; at++) {
      if (values[at] === value) throw new TypeError(`${title}: ${value} is there twice`);
    }
    values[i] = value;
  }
  return values;
}
