// Isolates in which a deployment was tried, kept for its first turn, which comes at once when it
// goes live; if it does not come, or there are too many, they go like others that nobody uses.

import type { ScriptIsolate } from "../engine.ts";
import { IDLE_MS } from "./residents.ts";

/** With 2 MB each. A proxy that starts tries all that it has, and most are not asked for soon. */
const TRIED_MAX = 32;

interface Tried {
  readonly isolate: ScriptIsolate;
  readonly sinceMs: number;
}

export class TriedIsolates {
  /** By deployment. */
  readonly #all = new Map<number, Tried>();

  add(key: number, isolate: ScriptIsolate): void {
    if (this.#all.size >= TRIED_MAX) isolate.dispose();
    else this.#all.set(key, { isolate, sinceMs: performance.now() });
  }

  /** Null: there is none. */
  take(key: number): ScriptIsolate | null {
    const tried = this.#all.get(key);
    this.#all.delete(key);
    return tried?.isolate ?? null;
  }

  drop(key: number): void {
    this.take(key)?.dispose();
  }

  /** To be called regularly. */
  sweep(): void {
    const sinceMs = performance.now() - IDLE_MS;
    for (const [key, tried] of this.#all) if (tried.sinceMs < sinceMs) this.drop(key);
  }
}
