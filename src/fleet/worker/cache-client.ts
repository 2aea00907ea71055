// memoryCache as a worker reaches it: in the main thread.

import type { MessagePort } from "node:worker_threads";
import type {
  CacheAccess,
  CacheAnswer,
  CacheLoad,
  CacheRequest,
} from "../../state/cache-messages.ts";
import { Batch, type CacheAsk, type CacheReply } from "../shared/cache-port.ts";

type Answer = (answer: CacheAnswer) => void;

export class CacheClient implements CacheAccess {
  readonly #port: MessagePort;
  readonly #asks: Batch<CacheAsk>;
  readonly #waiting = new Map<number, Answer>();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#asks = new Batch((asks) => port.postMessage(asks));
    port.on("message", (replies: readonly CacheReply[]) => {
      for (const { id, answer } of replies) this.#take(id)?.(answer);
    });
    // it keeps no thread alive
    port.unref();
  }

  ask(request: CacheRequest, answer: Answer): CacheLoad {
    const id = ++this.#lastId;
    let isOpen = request.type === "load";
    this.#waiting.set(id, (given) => {
      isOpen &&= given.type === "load" || given.type === "stale";
      answer(given);
    });
    this.#asks.add({ id, request });
    return {
      fill: (setting, done) => {
        if (!isOpen) return done();
        isOpen = false;
        this.#waiting.set(id, done);
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

  #take(id: number): Answer | undefined {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    return answer;
  }
}
