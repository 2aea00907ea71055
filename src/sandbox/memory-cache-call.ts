// memoryCache, asked for by scripts: the ask's text is read (wire/memory-cache.ts) and passed to
// where the caches are. An ask that is to load holds the key's load; as whatever a call holds it
// ends with the call, and then another loads.

import {
  CACHE_LARGE_SIZE,
  CACHE_UNDER_WAY_MAX,
  type CacheAccess,
  type CacheAnswer,
  type CacheBounds,
  type CacheLoad,
  type CacheSetting,
} from "../state/cache-messages.ts";
import {
  CACHE_ANSWER,
  CACHE_FORM,
  CACHE_KEY_CHARS_MAX,
  CACHE_TTL_MS_MAX,
  CACHE_VALUE_MAX,
} from "../wire/memory-cache.ts";
import type { TurnCall } from "./call.ts";
import type { GiveAnswer, HostAnswer, HostAsk, HostCall } from "./host-call.ts";
import type { HostCallKind } from "./host-call-table.ts";

const CROWDED =
  "memoryCache: expected less at once: what was set before has yet to be taken (over 32 MiB)";

export interface CacheOfTenant {
  readonly access: CacheAccess;
  /** Identity of the tenant. */
  readonly tenant: string;
  readonly bounds: CacheBounds;
}

const LINE = /^(get|delete|set|load)(?: ([0-9 jb]{1,40}))?$/;
const SETTING = /^(\d{1,10}) (\d{1,10}) ([jb])$/;
const FILL = /^fill (\d{1,10} \d{1,10} [jb])\n/;
/** A character of a key takes up to six as JSON, and there are two quotes. */
const KEY_TEXT_MAX = 6 * CACHE_KEY_CHARS_MAX + 2;

/** What is on its way to where the caches are. */
class Outgoing {
  #size = 0;

  /** Null: there is too much. Else what is to be called when it is there. */
  add({ value: { length } }: CacheSetting): (() => void) | null {
    if (length < CACHE_LARGE_SIZE) return () => {};
    if (this.#size + length > CACHE_UNDER_WAY_MAX) return null;
    this.#size += length;
    return () => {
      this.#size -= length;
    };
  }
}

export function cacheKind(cache: CacheOfTenant): HostCallKind {
  const outgoing = new Outgoing();
  // what the script has set is seen by others, but to set it twice does no harm
  return { acts: () => false, waitsForClient: false, start: starter(cache, outgoing) };
}

const starter =
  (cache: CacheOfTenant, outgoing: Outgoing): HostCallKind["start"] =>
  (call, ask, answer) => {
    const parts = partsOf(ask);
    if (parts === null) return null;
    const { word, words, key, json } = parts;
    const { access, tenant } = cache;
    if (word === "load") {
      const staleMs = timeOf(words);
      return staleMs < 0 ? null : new LoadCall(cache, { call, key, staleMs, answer, outgoing });
    }
    if (word !== "set") {
      access.ask({ type: word, tenant, key }, (...given) => answer(hostAnswer(...given)));
      return NOTHING;
    }
    const setting = settingOf(words, json, { ask, bounds: cache.bounds });
    if (setting === null) return null;
    const arrived = outgoing.add(setting);
    if (arrived === null) {
      answer({ ok: false, text: CROWDED, bytes: null });
      return NOTHING;
    }
    access.ask({ type: "set", tenant, key, ...setting }, (given) => {
      arrived();
      answer(hostAnswer(given));
    });
    return NOTHING;
  };

/** Too short to be ended. */
const NOTHING: HostCall = { close: () => {} };

/** Keys that calls load: who waits for itself would wait for ever. */
const loading = new WeakMap<TurnCall, Set<string>>();

interface LoadBegin {
  readonly call: TurnCall;
  readonly key: string;
  readonly staleMs: number;
  readonly answer: GiveAnswer;
  readonly outgoing: Outgoing;
}

class LoadCall implements HostCall {
  readonly #bounds: CacheBounds;
  readonly #begin: LoadBegin;
  readonly #load: CacheLoad;
  #holds = false;

  constructor({ access, tenant, bounds }: CacheOfTenant, begin: LoadBegin) {
    this.#bounds = bounds;
    this.#begin = begin;
    const { key, staleMs } = begin;
    this.#load = access.ask({ type: "load", tenant, key, staleMs }, (...given) => {
      this.#given(...given);
    });
  }

  close(): void {
    this.#letGo();
    this.#load.end();
  }

  next({ text, bytes }: HostAsk, answer: GiveAnswer): HostCall | null {
    const [line = "", words = ""] = FILL.exec(text) ?? [];
    if (line === "" || !this.#holds) return null;
    const given = { ask: { text, bytes }, bounds: this.#bounds };
    const setting = settingOf(words, text.slice(line.length), given);
    if (setting === null) return null;
    this.#letGo();
    const done = () => answer({ ok: true, text: CACHE_ANSWER.done, bytes: null });
    const arrived = this.#begin.outgoing.add(setting);
    if (arrived !== null) {
      this.#load.fill(setting, () => {
        arrived();
        done();
      });
      return NOTHING;
    }
    // its own request has the value all the same
    this.#load.end();
    done();
    return NOTHING;
  }

  #given(given: CacheAnswer, taken?: () => void): void {
    const { call, key, answer } = this.#begin;
    if (given.type !== "load" && given.type !== "stale") return answer(hostAnswer(given, taken));
    const keys = loading.get(call) ?? new Set();
    if (given.type === "load" && given.isLate && keys.has(key)) {
      answer({ ok: false, text: `getOrSet: the loader of ${key} asks for ${key}`, bytes: null });
      return;
    }
    loading.set(call, keys.add(key));
    this.#holds = true;
    answer(hostAnswer(given, taken), true);
  }

  #letGo(): void {
    if (!this.#holds) return;
    this.#holds = false;
    loading.get(this.#begin.call)?.delete(this.#begin.key);
  }
}

/** Null: our runtime would not have asked so. */
function partsOf({ text }: HostAsk) {
  const lineEnd = text.indexOf("\n");
  const keyEnd = text.indexOf("\n", lineEnd + 1);
  if (lineEnd < 0 || keyEnd < 0) return null;
  const [, word, words = ""] = LINE.exec(text.slice(0, lineEnd)) ?? [];
  const key = text.slice(lineEnd + 1, keyEnd);
  if (key.length < 2 || key.length > KEY_TEXT_MAX) return null;
  if (word !== "get" && word !== "delete" && word !== "set" && word !== "load") return null;
  return { word, words, key, json: text.slice(keyEnd + 1) } as const;
}

interface Given {
  readonly ask: Pick<HostAsk, "text" | "bytes">;
  readonly bounds: CacheBounds;
}

function settingOf(words: string, json: string, { ask: { bytes }, bounds }: Given) {
  const [, ttl = "", stale = "", form] = SETTING.exec(words) ?? [];
  const [ttlMs, staleMs] = [timeOf(ttl), timeOf(stale)];
  if (ttlMs < 1 || staleMs < 0) return null;
  // a copy: what came in is cut out of a larger buffer
  const value = form === CACHE_FORM.bytes ? new Uint8Array(bytes) : json;
  return value.length > CACHE_VALUE_MAX ? null : { value, ttlMs, staleMs, bounds };
}

/** -1: it is none. */
const timeOf = (text: string): number =>
  /^\d{1,10}$/.test(text) && Number(text) <= CACHE_TTL_MS_MAX ? Number(text) : -1;

function hostAnswer(given: CacheAnswer, taken?: () => void): HostAnswer {
  const state = CACHE_ANSWER[given.type];
  if (!("value" in given)) return { ok: true, text: state, bytes: null };
  const { value } = given;
  if (typeof value === "string") {
    return { ok: true, text: `${state}${CACHE_FORM.json}${value}`, bytes: null, taken };
  }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  return { ok: true, text: `${state}${CACHE_FORM.bytes}`, bytes, taken };
}
