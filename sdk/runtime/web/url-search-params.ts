// URLSearchParams of the URL standard: a list of pairs, and the URL that they belong to, if any.

import {
  arrayPush,
  arraySort,
  mapForEach,
  mapSet,
  NativeMap,
  objectIsEnumerable,
  reflectApply,
  reflectGet,
  reflectOwnKeys,
  stringSlice,
  stringToWellFormed,
} from "../primordials.ts";
import { ListIterator } from "./list-iterator.ts";
import { type Pair, pairsOf, textOfPairs } from "./url-pairs.ts";

type Init =
  | string
  | URLSearchParams
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>;

/** For URL: the doors to the private fields. */
let own: (params: URLSearchParams, tell: (query: string) => void) => void;
let fillIn: (params: URLSearchParams, search: string) => void;

const textOf = (value: unknown): string => stringToWellFormed(`${value}`);

export class URLSearchParams {
  /** Edited in place, so that an iteration goes on in what is there. */
  readonly #pairs: Pair[] = [];
  #tell: ((query: string) => void) | null = null;

  static {
    own = (params, tell) => {
      params.#tell = tell;
    };
    fillIn = (params, search) => {
      params.#keep(pairsOf(search));
    };
  }

  constructor(init: Init = "") {
    this.#keep(initial(init));
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    arrayPush(this.#pairs, [textOf(name), textOf(value)]);
    this.#changed();
  }

  delete(name: string, value: string | undefined = undefined): void {
    const isMeant = meaning(name, value);
    this.#keep(filtered(this.#pairs, (pair) => !isMeant(pair)));
    this.#changed();
  }

  get(name: string): string | null {
    return filtered(this.#pairs, meaning(name))[0]?.[1] ?? null;
  }

  getAll(name: string): string[] {
    const found = filtered(this.#pairs, meaning(name));
    const values: string[] = [];
    for (let i = 0; i < found.length; i++) arrayPush(values, (found[i] as Pair)[1]);
    return values;
  }

  has(name: string, value: string | undefined = undefined): boolean {
    return filtered(this.#pairs, meaning(name, value)).length > 0;
  }

  set(name: string, value: string): void {
    const isMeant = meaning(name);
    const pair: Pair = [textOf(name), textOf(value)];
    let isSet = false;
    const kept: Pair[] = [];
    for (let i = 0; i < this.#pairs.length; i++) {
      const each = this.#pairs[i] as Pair;
      if (!isMeant(each)) arrayPush(kept, each);
      else if (!isSet) arrayPush(kept, pair);
      isSet ||= isMeant(each);
    }
    if (!isSet) arrayPush(kept, pair);
    this.#keep(kept);
    this.#changed();
  }

  sort(): void {
    arraySort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed();
  }

  toString(): string {
    return textOfPairs(this.#pairs);
  }

  forEach(
    callback: (value: string, name: string, parameters: URLSearchParams) => void,
    thisArgument: unknown = undefined,
  ): void {
    if (typeof callback !== "function") throw new TypeError("forEach: expected a function");
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      reflectApply(callback, thisArgument, [pair[1], pair[0], this]);
    }
  }

  entries(): ListIterator<Pair, [string, string]> {
    return new ListIterator(this.#pairs, (pair) => [pair[0], pair[1]]);
  }

  keys(): ListIterator<Pair, string> {
    return new ListIterator(this.#pairs, (pair) => pair[0]);
  }

  values(): ListIterator<Pair, string> {
    return new ListIterator(this.#pairs, (pair) => pair[1]);
  }

  #keep(pairs: readonly Pair[]): void {
    this.#pairs.length = 0;
    for (let i = 0; i < pairs.length; i++) arrayPush(this.#pairs, pairs[i] as Pair);
  }

  #changed(): void {
    this.#tell?.(textOfPairs(this.#pairs));
  }
}

/** Those of a URL's query; `tell` hears of each change. */
export function ownedBy(search: string, tell: (query: string) => void): URLSearchParams {
  const params = new URLSearchParams(search);
  own(params, tell);
  return params;
}

/** The URL has another query. */
export const refill = (params: URLSearchParams, search: string): void =>
  fillIn(params, search === "" ? "" : stringSlice(search, 1));

function meaning(name: unknown, value?: unknown): (pair: Pair) => boolean {
  const text = textOf(name);
  if (value === undefined) return (pair) => pair[0] === text;
  const wanted = textOf(value);
  return (pair) => pair[0] === text && pair[1] === wanted;
}

function filtered(pairs: readonly Pair[], isWanted: (pair: Pair) => boolean): Pair[] {
  const found: Pair[] = [];
  for (let i = 0; i < pairs.length; i++) {
    if (isWanted(pairs[i] as Pair)) arrayPush(found, pairs[i] as Pair);
  }
  return found;
}

function initial(init: unknown): readonly Pair[] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    const text = textOf(init);
    return pairsOf(text[0] === "?" ? stringSlice(text, 1) : text);
  }
  const isList = reflectGet(init, Symbol.iterator) !== undefined;
  return isList ? listed(init as Iterable<unknown>) : recorded(init);
}

function listed(init: Iterable<unknown>): Pair[] {
  const pairs: Pair[] = [];
  for (const item of init) {
    if (typeof item !== "object" || item === null) throw notPairs();
    const parts = [...(item as Iterable<unknown>)];
    if (parts.length !== 2) throw notPairs();
    arrayPush(pairs, [textOf(parts[0]), textOf(parts[1])]);
  }
  return pairs;
}

const notPairs = (): TypeError => new TypeError("URLSearchParams: expected pairs of two strings");

/** Names that become the same are one, with the last one's value. */
function recorded(init: object): Pair[] {
  const values = new NativeMap<string, string>();
  const keys = reflectOwnKeys(init);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (!objectIsEnumerable(init, key)) continue;
    mapSet(values, textOf(key), textOf(reflectGet(init, key)));
  }
  const pairs: Pair[] = [];
  mapForEach(values, (value, name) => arrayPush(pairs, [name, value]));
  return pairs;
}
