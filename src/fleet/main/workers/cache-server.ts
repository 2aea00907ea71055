// Answers what workers ask of memoryCache: the main thread has the values. When a worker ends
// before it has loaded a key, the next one that waits for the key loads it.

import { MessageChannel, type MessagePort } from "node:worker_threads";
import {
  CACHE_LARGE_SIZE,
  CACHE_UNDER_WAY_MAX,
  type CacheAccess,
  type CacheLoad,
} from "../../../state/cache-messages.ts";
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
  readonly #window: ReplyWindow;
  /** Waited for, or given to the worker. */
  readonly #loads = new Map<number, CacheLoad>();

  constructor(caches: CacheAccess, post: (replies: readonly CacheReply[]) => void) {
    this.#caches = caches;
    this.#replies = new Batch(post);
    this.#window = new ReplyWindow(this.#replies);
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
    if ("taken" in ask) return this.#window.taken(id);
    if (!("request" in ask)) {
      const load = this.#loads.get(id);
      this.#loads.delete(id);
      if ("end" in ask) load?.end();
      else load?.fill(ask.fill, () => this.#replies.add({ id, answer: { type: "done" } }));
      return;
    }
    let isOver = false;
    const load = this.#caches.ask(ask.request, (answer) => {
      isOver = answer.type !== "load" && answer.type !== "stale";
      if (isOver) this.#loads.delete(id);
      this.#window.send(ask.request.tenant, { id, answer });
    });
    if (ask.request.type === "load" && !isOver) this.#loads.set(id, load);
  }
}

interface UnderWay {
  size: number;
  /** They refer to values, and have no copies yet. */
  readonly waiting: CacheReply[];
}

/** Large values are copied for a worker only as fast as its isolates take them. */
class ReplyWindow {
  readonly #replies: Batch<CacheReply>;
  /** By tenant. */
  readonly #underWay = new Map<string, UnderWay>();
  readonly #sent = new Map<number, { readonly tenant: string; readonly size: number }>();

  constructor(replies: Batch<CacheReply>) {
    this.#replies = replies;
  }

  send(tenant: string, reply: CacheReply): void {
    const size = sizeOf(reply);
    if (size < CACHE_LARGE_SIZE) return this.#replies.add(reply);
    const underWay = this.#underWay.get(tenant) ?? { size: 0, waiting: [] };
    this.#underWay.set(tenant, underWay);
    underWay.waiting.push(reply);
    this.#sendMore(tenant, underWay);
  }

  taken(id: number): void {
    const sent = this.#sent.get(id);
    const underWay = this.#underWay.get(sent?.tenant ?? "");
    if (sent === undefined || underWay === undefined) return;
    this.#sent.delete(id);
    underWay.size -= sent.size;
    this.#sendMore(sent.tenant, underWay);
    if (underWay.size === 0) this.#underWay.delete(sent.tenant);
  }

  #sendMore(tenant: string, underWay: UnderWay): void {
    let count = 0;
    for (const reply of underWay.waiting) {
      const size = sizeOf(reply);
      if (underWay.size + size > CACHE_UNDER_WAY_MAX) break;
      underWay.size += size;
      this.#sent.set(reply.id, { tenant, size });
      this.#replies.add(reply);
      count++;
    }
    underWay.waiting.splice(0, count);
  }
}

const sizeOf = ({ answer }: CacheReply): number => ("value" in answer ? answer.value.length : 0);
