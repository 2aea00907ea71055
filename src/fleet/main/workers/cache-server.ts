// What workers ask of memoryCache, in the main thread, which has the values. What a worker was to
// load is another's when it is gone.

import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { CacheAccess, CacheAnswer, CacheLoad } from "../../../state/cache-messages.ts";
import { Batch, type CacheAsk, type CacheReply } from "../../shared/cache-port.ts";

/** A port for a worker that starts. */
export function cachePort(caches: CacheAccess): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const end = new CacheEnd(caches, (replies) => port1.postMessage(replies));
  port1.on("message", (asks: readonly CacheAsk[]) => end.take(asks));
  port1.on("close", () => end.close());
  port1.unref();
  return port2;
}

class CacheEnd {
  readonly #caches: CacheAccess;
  readonly #replies: Batch<CacheReply>;
  /** Waited for, or given to the worker. */
  readonly #loads = new Map<number, CacheLoad>();

  constructor(caches: CacheAccess, post: (replies: readonly CacheReply[]) => void) {
    this.#caches = caches;
    this.#replies = new Batch(post);
  }

  take(asks: readonly CacheAsk[]): void {
    for (const ask of asks) this.#take(ask);
  }

  close(): void {
    for (const load of this.#loads.values()) load.end();
    this.#loads.clear();
  }

  #take(ask: CacheAsk): void {
    const { id } = ask;
    if (!("request" in ask)) {
      const load = this.#loads.get(id);
      this.#loads.delete(id);
      if ("end" in ask) load?.end();
      else load?.fill(ask.fill, () => this.#reply(id, { type: "done" }));
      return;
    }
    let isOver = false;
    const load = this.#caches.ask(ask.request, (answer) => {
      isOver = answer.type !== "load" && answer.type !== "stale";
      if (isOver) this.#loads.delete(id);
      this.#reply(id, answer);
    });
    if (ask.request.type === "load" && !isOver) this.#loads.set(id, load);
  }

  #reply(id: number, answer: CacheAnswer): void {
    this.#replies.add({ id, answer });
  }
}
