// memoryCache as a worker reaches it: in the main thread.

import type { MessagePort } from "node:worker_threads";
import {
  CACHE_LARGE_SIZE,
  type CacheAccess,
  type CacheLoad,
  type CacheRequest,
  type GiveCacheAnswer,
} from "../../state/cache-messages.ts";
import { IdTable } from "../../wire/id-table.ts";
import { Batch, type CacheAsk, type CacheReply } from "../shared/cache-port.ts";

/** Who is told of an answer, or of what it has filled. */
interface Waiting {
  readonly id: number;
  readonly tell: GiveCacheAnswer;
}

export class CacheClient implements CacheAccess {
  readonly #port: MessagePort;
  readonly #asks: Batch<CacheAsk>;
  readonly #waiting = new IdTable<Waiting>();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#asks = new Batch((asks) => port.postMessage(asks));
    port.on("message", (replies: readonly CacheReply[]) => {
      for (const reply of replies) this.#receive(reply);
    });
    // it keeps no thread alive
    port.unref();
  }

  ask(request: CacheRequest, answer: GiveCacheAnswer): CacheLoad {
    const id = ++this.#lastId;
    let isOpen = request.type === "load";
    const tell: GiveCacheAnswer = (given, taken) => {
      isOpen &&= given.type === "load" || given.type === "stale";
      answer(given, taken);
    };
    this.#waiting.set({ id, tell });
    this.#asks.add({ id, request });
    return {
      fill: (setting, done) => {
        if (!isOpen) return done();
        isOpen = false;
        this.#waiting.set({ id, tell: done });
        this.#asks.add({ id, fill: setting });
      },
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#waiting.delete(id);
        this.#asks.add({ id, end: true });
      },
    };
  }

  /** The thread ends. */
  close(): void {
    this.#port.close();
  }

  /** Whoever asked may be gone: then nobody holds the value. */
  #receive({ id, answer }: CacheReply): void {
    const waiting = this.#waiting.delete(id);
    const isLarge = "value" in answer && answer.value.length >= CACHE_LARGE_SIZE;
    const taken = isLarge ? () => this.#asks.add({ id, taken: true }) : undefined;
    if (waiting === null) taken?.();
    else waiting.tell(answer, taken);
  }
}
