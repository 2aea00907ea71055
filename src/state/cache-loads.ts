// Who loads the keys of one tenant's memoryCache, and who waits for that: one at a time for a key,
// and others once they have waited for long. When a load ends without a value, the next that waits
// loads. What a load brings is dropped if its key was set or deleted after the load had begun.

import type { CacheAnswer, CacheValue } from "./cache-messages.ts";

/** A wait for another's loader: then one loads for itself, since that one may never end. */
const PATIENCE_MS = 5_000;

export class KeyLoad {
  readonly key: string;
  readonly #answer: (answer: CacheAnswer) => void;
  #patience: NodeJS.Timeout | undefined;

  constructor(key: string, answer: (answer: CacheAnswer) => void) {
    this.key = key;
    this.#answer = answer;
  }

  wait(overdue: () => void): void {
    this.#patience = setTimeout(overdue, PATIENCE_MS).unref();
  }

  answer(answer: CacheAnswer): void {
    clearTimeout(this.#patience);
    this.#answer(answer);
  }

  stopWaiting(): void {
    clearTimeout(this.#patience);
  }
}

interface OfKey {
  readonly loaders: Set<KeyLoad>;
  /** First come, first served. */
  readonly waiting: Set<KeyLoad>;
}

export class CacheLoads {
  readonly #keys = new Map<string, OfKey>();
  /** Loads that were given to somebody. */
  begun = 0;

  isLoading(key: string): boolean {
    return this.#keys.has(key);
  }

  /** It loads, the first for its key. */
  begin(load: KeyLoad): void {
    this.begun++;
    this.#keys.set(load.key, { loaders: new Set([load]), waiting: new Set() });
  }

  /** It waits for whoever loads the key. */
  join(load: KeyLoad): void {
    const ofKey = this.#keys.get(load.key);
    if (ofKey === undefined) return;
    ofKey.waiting.add(load);
    load.wait(() => {
      ofKey.waiting.delete(load);
      ofKey.loaders.add(load);
      this.begun++;
      load.answer({ type: "load", isLate: true });
    });
  }

  /** Whether it is one of those that load its key. */
  isLoader(load: KeyLoad): boolean {
    return this.#keys.get(load.key)?.loaders.has(load) ?? false;
  }

  /** It has no value, or waits no more. */
  end(load: KeyLoad): void {
    const ofKey = this.#keys.get(load.key);
    if (ofKey === undefined) return;
    if (ofKey.waiting.delete(load)) load.stopWaiting();
    if (ofKey.loaders.delete(load) && ofKey.loaders.size === 0) this.#pass(load.key, ofKey);
  }

  /** There is a value: who waits has it. */
  settle(key: string, value: CacheValue): void {
    const ofKey = this.#keys.get(key);
    this.#keys.delete(key);
    for (const load of ofKey?.waiting ?? []) load.answer({ type: "value", value });
  }

  /** What is being loaded is not to be the value: who waits loads anew. */
  discard(key: string): void {
    const ofKey = this.#keys.get(key);
    if (ofKey === undefined) return;
    ofKey.loaders.clear();
    this.#pass(key, ofKey);
  }

  /** Nothing is kept any more: each loads for itself. */
  discardAll(): void {
    for (const key of [...this.#keys.keys()]) this.discard(key);
  }

  #pass(key: string, { loaders, waiting }: OfKey): void {
    const [next] = waiting;
    if (next === undefined) {
      this.#keys.delete(key);
      return;
    }
    waiting.delete(next);
    loaders.add(next);
    this.begun++;
    next.answer({ type: "load", isLate: false });
  }
}
