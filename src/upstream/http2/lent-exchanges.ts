// The exchanges that one connection has lent. Each gets a number, by which it stands in a table
// that keeps nothing: a Set that is filled and emptied for ever does (wire/id-table.ts).

import { IdTable } from "../../wire/id-table.ts";
import type { Http2Exchange } from "./exchange.ts";

export class LentExchanges {
  readonly #open = new IdTable<Http2Exchange>();
  #last = 0;

  get size(): number {
    return this.#open.size;
  }

  add(exchange: Http2Exchange): void {
    exchange.id = ++this.#last;
    this.#open.set(exchange);
  }

  delete(exchange: Http2Exchange): void {
    this.#open.delete(exchange.id);
  }

  /** As they are now: whoever goes through them may end some. */
  all(): readonly Http2Exchange[] {
    const all: Http2Exchange[] = [];
    this.#open.forEach((exchange) => {
      all.push(exchange);
    });
    return all;
  }
}
