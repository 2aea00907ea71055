// Requests by status, for one tenant: a status is a number known only at the end of a request, so
// its handle is found by index, and made the first time.

import type { Counter, Metrics } from "./metrics.ts";

export class StatusCounters {
  readonly #metrics: Metrics;
  readonly #tenant: string;
  readonly #byStatus: (Counter | undefined)[] = new Array(600).fill(undefined);

  constructor(metrics: Metrics, tenant: string) {
    this.#metrics = metrics;
    this.#tenant = tenant;
  }

  /** @param status 0: the client got no answer */
  count(status: number): void {
    const counter = this.#byStatus[status] ?? this.#resolve(status);
    counter.add();
  }

  #resolve(status: number): Counter {
    const counter = this.#metrics.counter("sluice_requests_total", this.#tenant, String(status));
    if (status < this.#byStatus.length) this.#byStatus[status] = counter;
    return counter;
  }
}
