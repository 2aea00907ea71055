// A pool in small: slots whose threads reply when they are told to, and changes as WorkerPool makes
// them. `setTimeout` is to be mocked.

import assert from "node:assert/strict";
import { mock } from "node:test";
import { defaultConfig } from "../../../../src/base/config/load.ts";
import { WorkerSlot } from "../../../../src/fleet/main/workers/worker-slot.ts";
import type { Generation } from "../../../../src/fleet/shared/messages.ts";
import { FakeThread } from "./fake-thread.ts";

export const SLOTS = 3;
const config = defaultConfig();

export class Stand {
  readonly slots: readonly WorkerSlot<FakeThread>[];
  readonly threads: FakeThread[][] = [];
  readonly failures: string[] = [];
  live: Generation = { number: 1, config, tenants: [], certificates: new Map() };
  /** Of the change under way, once every worker is prepared: whether it goes live. */
  #decide: ((isWanted: boolean) => void) | null = null;
  #isChanging = false;
  #numbers = 1;

  constructor(count = SLOTS, deathsMax = Infinity) {
    this.slots = Array.from({ length: count }, (_, i) => this.#slot(i, deathsMax));
  }

  #generation(): Generation {
    return { number: ++this.#numbers, config, tenants: [], certificates: new Map() };
  }

  #slot(index: number, deathsMax: number): WorkerSlot<FakeThread> {
    const threads: FakeThread[] = [];
    this.threads[index] = threads;
    return new WorkerSlot({
      spawn: () => {
        const thread = new FakeThread();
        threads.push(thread);
        return thread;
      },
      live: () => this.live,
      loads: () => [],
      died: () => threads.length <= deathsMax,
      replaced: () => undefined,
      serve: async (thread) => void thread.listens++,
      failed: (thrown) => this.failures.push(String(thrown)),
    });
  }

  async begin(): Promise<void> {
    const begun = this.slots.map((slot) => slot.begin());
    await this.settle();
    await Promise.all(begun);
    for (const { thread } of this.slots) if (thread !== null) thread.listens++;
  }

  change(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    void this.#change(this.#generation()).then(() => {
      this.#isChanging = false;
    });
  }

  async #change(generation: Generation): Promise<void> {
    const isReady = await Promise.all(this.slots.map((slot) => slot.prepare(generation))).then(
      (masks) => masks.some((one) => one !== null),
      () => false,
    );
    const isWanted = isReady && (await new Promise<boolean>((resolve) => (this.#decide = resolve)));
    this.#decide = null;
    if (!isWanted) {
      await Promise.allSettled(this.slots.map((slot) => slot.abandon(generation)));
      return;
    }
    this.live = generation;
    await Promise.all(this.slots.map((slot) => slot.commit(generation)));
    for (const { state, thread } of this.slots) {
      if (state === "serving") assert.equal(thread?.serving, generation.number);
    }
  }

  decide(isWanted: boolean): void {
    this.#decide?.(isWanted);
  }

  /** Everything that was asked is done, and every pause is over. */
  async settle(): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      await new Promise(setImmediate);
      this.decide(true);
      for (const { thread } of this.slots) {
        if (thread?.isGone === true) thread.die();
        else thread?.reply(true);
      }
      await new Promise(setImmediate);
      mock.timers.tick(60_000);
      const isBusy = this.slots.some(
        ({ state, thread }) => state !== "serving" || thread?.isGone || thread?.isBusy,
      );
      if (!isBusy && !this.#isChanging) return;
    }
    assert.fail(`it never settles: ${this.slots.map(({ state }) => state).join(", ")}`);
  }

  faults(): string[] {
    return this.threads.flat().flatMap((thread) => thread.faults);
  }
}
