// Load on several proxies in one window after the other, in the middle of each, so that every
// answer is of the window that it is counted for.

import { setTimeout as sleep } from "node:timers/promises";
import { RateLoad } from "./rate-load.ts";

export interface LimitWindowsOptions {
  readonly ports: readonly number[];
  /** Of the tenants, each with a load of its own. */
  readonly hosts: readonly string[];
  readonly windowMs: number;
  /** At once, to each of the proxies. */
  readonly requests: readonly number[];
}

/** Of a window, at its beginning, and at its end. */
const BEGUN_MS = 50;
const LEFT_MS = 250;
/** Between two times. */
const STEP_MS = 40;

export class LimitWindows {
  readonly #options: LimitWindowsOptions;

  constructor(options: LimitWindowsOptions) {
    this.#options = options;
  }

  /** What was let through in the next window: of each tenant, by proxy. */
  async next(): Promise<readonly (readonly number[])[]> {
    const { windowMs, hosts, ports } = this.#options;
    await sleep(windowMs - (Date.now() % windowMs) + BEGUN_MS);
    const endMs = (Math.floor(Date.now() / windowMs) + 1) * windowMs;
    const loads = hosts.map((host) =>
      ports.map((port) => new RateLoad(port, { connections: 4, key: "", host })),
    );
    while (Date.now() < endMs - LEFT_MS) {
      await Promise.all(loads.flatMap((some) => some.map((one, i) => this.#run(one, i))));
      await sleep(STEP_MS);
    }
    const isLate = Date.now() >= endMs;
    for (const one of loads.flat()) one[Symbol.dispose]();
    // a machine that was stuck meanwhile has asked in two windows
    if (isLate) return await this.next();
    return loads.map((some) => some.map(({ statuses }) => statuses[200] ?? 0));
  }

  #run(load: RateLoad, proxy: number): Promise<void> {
    return load.run(this.#options.requests[proxy] ?? 0);
  }
}
