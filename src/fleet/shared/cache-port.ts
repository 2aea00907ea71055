// What a worker and the main thread say to each other about memoryCache, on a channel of its own:
// lists, since what one pass of the event loop asks for goes together. Values are copied on the
// way, so nobody shares memory.

import type { CacheAnswer, CacheRequest, CacheSetting } from "../../state/cache-messages.ts";

/** `id`: of the worker's choice, and of one request. */
export type CacheAsk = {
  readonly id: number;
} /** The large value that answered it is held no more. */ & (
  | { readonly taken: true }
  | { readonly request: CacheRequest }
  /** Of a load that was given to it. */
  | { readonly fill: CacheSetting }
  /** A load is not wanted any more, or has no value. */
  | { readonly end: true }
  /** The large value that answered it is held no more. */
  | { readonly taken: true }
);

export interface CacheReply {
  readonly id: number;
  readonly answer: CacheAnswer;
}

/** Posts what was said since the last microtask. */
export class Batch<T> {
  readonly #post: (all: readonly T[]) => void;
  #all: T[] = [];

  constructor(post: (all: readonly T[]) => void) {
    this.#post = post;
  }

  add(one: T): void {
    if (this.#all.push(one) === 1) process.nextTick(this.#send);
  }

  readonly #send = (): void => {
    const all = this.#all;
    this.#all = [];
    this.#post(all);
  };
}
