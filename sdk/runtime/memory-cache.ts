// memoryCache: values that all workers and cells of the machine share, kept by the host. Each call
// is an ask; one that is to load holds the key's load by its ask until it has filled it, fails, or
// ends with its request (src/sandbox/memory-cache-call.ts).

import { ASK } from "../../src/wire/asks.ts";
import {
  CACHE_ANSWER,
  CACHE_FORM,
  CACHE_KEY_CHARS_MAX,
  CACHE_TTL_MS_MAX,
  CACHE_VALUE_MAX,
} from "../../src/wire/memory-cache.ts";
import type { Json } from "../types.ts";
import type { Answer } from "./answer.ts";
import type { Call } from "./current.ts";
import {
  ask,
  current,
  isBytes,
  letGo,
  newPromise,
  parseCtx,
  quote,
  valueText,
  waitUntil,
  whenSettled,
} from "./shared.ts";
import { copyBytes } from "./web/utf8.ts";

/** How long a value is kept. */
export interface CacheTimes {
  /** For so long it is as good as new: 1 to 2,592,000,000 ms, 30 days. */
  readonly ttlMs: number;
  /** For so long after that it is given while one request loads another. 0 if it is left out. */
  readonly staleMs?: number;
}

/**
 * Values that requests share, on all workers and cells of the machine. They are copies: what is
 * changed of one is changed there alone. Bounded for each tenant (`limits.memoryCacheBytes`,
 * `limits.memoryCacheEntries`): the least recently used goes, so a value may be gone at any time.
 * Deployments leave it as it is; it is lost when the proxy starts again.
 */
export interface MemoryCache {
  /** The value of a key of up to 512 characters; undefined: there is none. `null` is a value. */
  get<T = Json>(key: string): Promise<T | undefined>;
  /**
   * Every request sees it once this resolves. A value is JSON, in which there may be bytes, or
   * bytes alone, of at most 1 MiB.
   */
  set<T>(key: string, value: T, options: { readonly ttlMs: number }): Promise<void>;
  /** No request sees it once this resolves, nor what was being loaded meanwhile. */
  delete(key: string): Promise<void>;
  /**
   * The value, or what `loader` makes of it: one loader at a time for a key on the machine; the
   * others wait for its value, up to five seconds. What a loader throws is its own request's alone:
   * the next that waits loads. It may make `null` of what is not there; `undefined` is no value.
   */
  getOrSet<T>(key: string, options: CacheTimes, loader: () => T | Promise<T>): Promise<T>;
}

interface Written {
  readonly words: string;
  readonly json: string;
  readonly bytes: Uint8Array | null;
}

const isInteger = Number.isSafeInteger;
const slice = String.prototype.slice;
const apply = Reflect.apply;

/** Key of the loader that has been called and has not returned; null: none has. */
let loading: string | null = null;

export const memoryCache: MemoryCache = Object.freeze({
  get: (key: string) => asked("get", () => ({ line: "get", key, value: null })),
  delete: (key: string) => asked("delete", () => ({ line: "delete", key, value: null })),
  set: (key: string, value: unknown, options: unknown) =>
    asked("set", () => {
      const what = written("set: the value", value, timesOf("set", options, false));
      return { line: `set ${what.words}`, key, value: what };
    }),
  getOrSet: (key: string, options: unknown, loader: unknown) =>
    newPromise<unknown>((resolve, reject) => {
      const times = timesOf("getOrSet", options, true);
      if (typeof loader !== "function") {
        throw new TypeError(`getOrSet: expected a loader, a function; got ${typeof loader}`);
      }
      const text = keyText("getOrSet", key);
      if (text === loading) throw new TypeError(`getOrSet: the loader of ${text} asks for ${text}`);
      begin({ text, times, loader: () => apply(loader, undefined, []), resolve, reject });
    }),
}) as MemoryCache;

interface Question {
  readonly line: string;
  readonly key: unknown;
  readonly value: Written | null;
}

/** What one ask answers. */
function asked(word: string, make: () => Question): Promise<unknown> {
  return newPromise((resolve, reject) => {
    const { line, key, value } = make();
    const settle = (answer: Answer): void => {
      if (answer.ok) resolve(valueOf(answer));
      else reject(new TypeError(answer.text));
    };
    const text = `${line}\n${keyText(word, key)}\n${value?.json ?? ""}`;
    const bytes = value?.bytes ?? null;
    const wish = { name: `memoryCache.${word}`, kind: ASK.cache, text, bytes };
    ask(current(), wish, { settle, abort: reject });
  });
}

interface Load {
  readonly text: string;
  readonly times: Required<CacheTimes>;
  readonly loader: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

function begin(load: Load): void {
  const { text: key, times, resolve, reject } = load;
  const call = current();
  const settle = (answer: Answer): void => {
    const state = answer.text[0];
    if (!answer.ok || call === null) return reject(new TypeError(answer.text));
    if (state === CACHE_ANSWER.load) return run(call, id, load);
    if (state === CACHE_ANSWER.stale) refresh(call, id, load);
    resolve(valueOf(answer));
  };
  const text = `load ${times.staleMs}\n${key}\n`;
  const wish = { name: "memoryCache.getOrSet", kind: ASK.cache, text, bytes: null };
  const id = ask(call, wish, { settle, abort: reject });
}

/** The old value is given at once, and the request goes on behind its answer. */
function refresh(call: Call, id: number, load: Load): void {
  const done = newPromise<unknown>((resolve, reject) => {
    run(call, id, { ...load, resolve, reject });
  });
  waitUntil(call, done);
}

/** The key's load is this ask's: until it has filled it, or let it go. */
function run(call: Call, id: number, load: Load): void {
  const failed = (reason: unknown): void => {
    letGo(call, id);
    load.reject(reason);
  };
  const fill = (made: unknown): void => {
    try {
      const what = written("getOrSet: what the loader made", made, load.times);
      const text = `${id} fill ${what.words}\n${what.json}`;
      const settle = (): void => load.resolve(copyOf(what));
      const wish = { name: "memoryCache.getOrSet", kind: ASK.next, text, bytes: what.bytes };
      ask(call, wish, { settle, abort: load.reject });
    } catch (thrown) {
      failed(thrown);
    }
  };
  try {
    whenSettled(call, begun(load), { onValue: fill, onError: failed });
  } catch (thrown) {
    failed(thrown);
  }
}

/** What the loader returns. */
function begun({ text, loader }: Load): unknown {
  const outer = loading;
  loading = text;
  try {
    return loader();
  } finally {
    loading = outer;
  }
}

/** Undefined: there is none. */
function valueOf({ text, bytes }: Answer): unknown {
  const state = text[0];
  if (state !== CACHE_ANSWER.value && state !== CACHE_ANSWER.stale) return undefined;
  return text[1] === CACHE_FORM.bytes ? bytes : parseCtx(apply(slice, text, [2]));
}

/** As another request would have it. */
const copyOf = ({ json, bytes }: Written): unknown =>
  bytes === null ? parseCtx(json) : copyBytes(bytes);

function written(what: string, value: unknown, times: Required<CacheTimes>): Written {
  const { ttlMs, staleMs } = times;
  if (value === undefined) {
    const expected = "expected JSON or bytes, or null for what is not there";
    throw new TypeError(`${what} is undefined: ${expected}`);
  }
  if (typeof value === "object" && value !== null && isBytes(value)) {
    const bytes = copyBytes(value);
    if (bytes.length > CACHE_VALUE_MAX) {
      throw new RangeError(`${what}: expected at most ${CACHE_VALUE_MAX} bytes`);
    }
    return { words: `${ttlMs} ${staleMs} ${CACHE_FORM.bytes}`, json: "", bytes };
  }
  const json = valueText(value, what, CACHE_VALUE_MAX);
  return { words: `${ttlMs} ${staleMs} ${CACHE_FORM.json}`, json, bytes: null };
}

function keyText(method: string, key: unknown): string {
  if (typeof key !== "string") {
    throw new TypeError(`${method}: expected a key that is a string, got ${typeof key}`);
  }
  if (key.length > CACHE_KEY_CHARS_MAX) {
    throw new RangeError(`${method}: expected a key of at most ${CACHE_KEY_CHARS_MAX} characters`);
  }
  return quote(key);
}

function timesOf(method: string, options: unknown, mayBeStale: boolean): Required<CacheTimes> {
  const expected = mayBeStale ? "{ ttlMs, staleMs? }" : "{ ttlMs }";
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${method}: expected ${expected}, got ${typeof options}`);
  }
  const { ttlMs, staleMs = 0 } = options as Partial<Record<string, unknown>>;
  if (!mayBeStale && staleMs !== 0) throw new TypeError(`${method}: staleMs is getOrSet's alone`);
  return { ttlMs: time(method, "ttlMs", ttlMs, 1), staleMs: time(method, "staleMs", staleMs, 0) };
}

function time(method: string, option: string, given: unknown, least: number): number {
  const isOne = typeof given === "number" && isInteger(given);
  if (isOne && given >= least && given <= CACHE_TTL_MS_MAX) return given;
  const shown = typeof given === "number" ? `${given}` : typeof given;
  const expected = `expected a whole number from ${least} to ${CACHE_TTL_MS_MAX}`;
  throw new RangeError(`${method}: ${option}: ${expected}, got ${shown}`);
}
