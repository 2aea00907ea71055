// The spans of one worker on their way to the main thread: in batches, each tenant's apart, and
// bounded. What there is no room for is counted, and not even made.

import { LIMITS } from "../../base/limits.ts";
import type { LogWindow } from "../log-window.ts";

/** Of one tenant; plain data: it is posted. */
export interface SpanNews {
  /** Its name; empty: of nobody. */
  readonly tenant: string;
  /** Spans as JSON, with commas between. */
  readonly text: string;
  readonly spans: number;
}

export interface SpanBatchOptions {
  readonly post: (news: readonly SpanNews[]) => void;
  readonly window: LogWindow;
  readonly onDrop: (spans: number) => void;
}

interface Pending {
  text: string;
  spans: number;
}

export class SpanBatch {
  readonly #options: SpanBatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Map<string, Pending>();
  #chars = 0;

  constructor(options: SpanBatchOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.flush(), LIMITS.spanBatchMs).unref();
  }

  /** @param make  called only if there is room for so many spans of the tenant */
  add(tenant: string, spans: number, make: () => string): void {
    let pending = this.#pending.get(tenant);
    if (spans + (pending?.spans ?? 0) > LIMITS.spansOfTenantBatch) {
      this.#options.onDrop(spans);
      return;
    }
    if (this.#pending.size === 0) this.#timer.refresh();
    if (pending === undefined) {
      pending = { text: "", spans: 0 };
      this.#pending.set(tenant, pending);
    }
    const text = make();
    pending.text += pending.text === "" ? text : `,${text}`;
    pending.spans += spans;
    this.#chars += text.length;
    if (this.#chars >= LIMITS.spanBatchChars) this.flush();
  }

  /** Sends what there is. To be called before the worker ends. */
  flush(): void {
    if (this.#pending.size === 0) return;
    const news = [...this.#pending].map(([tenant, pending]) => ({ tenant, ...pending }));
    this.#pending.clear();
    this.#chars = 0;
    if (this.#options.window.take(charsOf(news))) this.#options.post(news);
    else this.#options.onDrop(news.reduce((sum, { spans }) => sum + spans, 0));
  }
}

/** What they take of the window. */
export const charsOf = (news: readonly SpanNews[]): number =>
  news.reduce((sum, { text }) => sum + text.length, 0);
