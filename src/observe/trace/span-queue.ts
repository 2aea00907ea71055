// Spans that wait for the collector. There is room for so many; when it is full, who has most of it
// loses its oldest, so that a tenant with much to tell does not push out the others.

import { LIMITS } from "../../base/limits.ts";
import type { SpanNews } from "./span-batch.ts";

interface Bounds {
  readonly spans: number;
  readonly chars: number;
}

interface Line {
  /** The oldest first. */
  readonly news: SpanNews[];
  spans: number;
}

export class SpanQueue {
  readonly #bounds: Bounds;
  readonly #onDrop: (spans: number) => void;
  /** By tenant; who was served longest ago is first. */
  readonly #lines = new Map<string, Line>();
  #chars = 0;
  spans = 0;

  constructor(
    onDrop: (spans: number) => void,
    bounds: Bounds = { spans: LIMITS.spanQueue, chars: LIMITS.spanQueueChars },
  ) {
    this.#onDrop = onDrop;
    this.#bounds = bounds;
  }

  add(news: SpanNews): void {
    const line = this.#lines.get(news.tenant) ?? { news: [], spans: 0 };
    this.#lines.set(news.tenant, line);
    line.news.push(news);
    this.#count(line, news, 1);
    while (this.spans > this.#bounds.spans || this.#chars > this.#bounds.chars) this.#dropOldest();
  }

  /** In turn of each tenant; at least one piece, if there is any. */
  take(spansMax: number): SpanNews[] {
    const taken: SpanNews[] = [];
    let spans = 0;
    while (spans < spansMax) {
      const [next] = this.#lines;
      if (next === undefined) break;
      const [tenant, line] = next;
      const piece = this.#shift(tenant, line);
      if (piece === undefined) break;
      taken.push(piece);
      spans += piece.spans;
      // behind the others
      if (this.#lines.delete(tenant) && line.news.length > 0) this.#lines.set(tenant, line);
    }
    return taken;
  }

  /** Of whoever has most. */
  #dropOldest(): void {
    let [most] = this.#lines;
    if (most === undefined) return;
    for (const entry of this.#lines) if (entry[1].spans > most[1].spans) most = entry;
    const dropped = this.#shift(...most);
    if (dropped !== undefined) this.#onDrop(dropped.spans);
  }

  #shift(tenant: string, line: Line): SpanNews | undefined {
    const news = line.news.shift();
    if (news !== undefined) this.#count(line, news, -1);
    if (line.news.length === 0) this.#lines.delete(tenant);
    return news;
  }

  #count(line: Line, { text, spans }: SpanNews, by: 1 | -1): void {
    line.spans += by * spans;
    this.spans += by * spans;
    this.#chars += by * text.length;
  }
}
