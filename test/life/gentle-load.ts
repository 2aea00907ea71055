// Requests to several proxies, some of each a second, none of which may fail.

import { setTimeout as sleep } from "node:timers/promises";
import type { TestProxy } from "./proxy.ts";

const PAUSE_MS = 20;

export class GentleLoad {
  requests = 0;
  readonly failures: string[] = [];
  readonly #loops: Promise<void>[];
  #isOver = false;

  constructor(proxies: readonly TestProxy[]) {
    this.#loops = proxies.map((proxy) => this.#loop(proxy));
  }

  /** Also of those that are under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop({ url }: TestProxy): Promise<void> {
    while (!this.#isOver) {
      try {
        const response = await fetch(url, { headers: { connection: "close" } });
        await response.text();
        if (response.status !== 200) this.failures.push(`${url}: ${response.status}`);
      } catch (thrown) {
        this.failures.push(`${url}: ${String(thrown)}`);
      }
      this.requests++;
      await sleep(PAUSE_MS);
    }
  }
}
