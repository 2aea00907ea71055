// The place of one worker in the pool. A thread that ends by itself, or cannot change over, is
// replaced. The next thread is brought to what is live before it listens, and tried again for as
// long as that fails.
//
//   starting ──begin──▶ serving ──it ended, or could not change over──▶ replaced ──▶ given up
//                          ▲                                               │
//                          └──it has what is live── preparing ◀────────────┘
//                                                     │     ▲
//                                                     └─────┘  it failed, or something else is live

import { LIMITS } from "../../../base/limits.ts";
import type { CellLoad } from "../../shared/cell-messages.ts";
import type { Generation } from "../../shared/messages.ts";

export type SlotState = "starting" | "serving" | "replaced" | "preparing" | "given up";

/** Masks of hooks by the hashes of scripts: of those that a prepared generation has anew. */
export type HookMasks = ReadonlyMap<string, number>;

/** A worker thread, as its slot sees it. Once it is gone it rejects what it is asked. */
export interface SlotThread {
  /** Resolves with the reason when the thread has ended. */
  readonly ended: Promise<string>;
  /** It has ended, or is about to. */
  readonly isGone: boolean;
  prepare(generation: Generation, cells: readonly CellLoad[]): Promise<HookMasks>;
  commit(generation: Generation): Promise<void>;
  abandon(number: number): Promise<void>;
  end(): Promise<boolean>;
}

export interface SlotOptions<Thread extends SlotThread> {
  readonly spawn: () => Thread;
  /** What is live at the moment, and the scripts that run in cells for it. */
  readonly live: () => Generation;
  readonly loads: () => readonly CellLoad[];
  /** A thread ended. False: none comes after it. */
  readonly died: (reason: string, thread: Thread) => boolean;
  /** Another thread is there, and knows nothing yet. */
  readonly replaced: () => void;
  /** It has what is live: it may listen. */
  readonly serve: (thread: Thread) => Promise<void>;
  /** Told each time that a thread could not do what it was to. @param tries  in a row */
  readonly failed: (thrown: unknown, tries: number) => void;
}

export class WorkerSlot<Thread extends SlotThread> {
  readonly #options: SlotOptions<Thread>;
  #thread: Thread | null = null;
  #state: SlotState = "starting";
  /** No thread comes after the one that is there. */
  #isLast = false;
  /** Number of the generation that the thread was asked to prepare for a change; 0: none. */
  #asked = 0;
  /** Ends the pause before a thread is tried again. */
  #wake: () => void = () => undefined;

  constructor(options: SlotOptions<Thread>) {
    this.#options = options;
    this.#spawn();
  }

  get state(): SlotState {
    return this.#state;
  }

  /** Null: it has ended, and none came after it. */
  get thread(): Thread | null {
    return this.#thread;
  }

  /** At the start of the process, which fails if this does. */
  async begin(): Promise<HookMasks> {
    const thread = this.#thread;
    const isStarting = this.#state === "starting" || this.#state === "serving";
    if (thread === null || !isStarting) throw new Error("a worker ended while it started");
    return await this.#bring(thread);
  }

  /** For a change. Null: it serves nobody now, and comes to what is live by itself. */
  async prepare(generation: Generation): Promise<HookMasks | null> {
    if (this.#state !== "serving" || this.#thread === null) return null;
    this.#asked = generation.number;
    return await this.#thread.prepare(generation, this.#options.loads());
  }

  /** What is prepared for the change is not wanted any more. */
  async abandon({ number }: Generation): Promise<void> {
    // a thread that came later prepares what is live, and must not be disturbed
    if (this.#asked !== number) return;
    this.#asked = 0;
    await this.#thread?.abandon(number);
  }

  /** For a change, which is live already. Resolves when nothing else is served here. */
  async commit(generation: Generation): Promise<void> {
    this.#wake();
    const thread = this.#thread;
    if (this.#state !== "serving" || thread === null) return;
    const isPrepared = this.#asked === generation.number;
    this.#asked = 0;
    try {
      // it was not asked, since it began to serve after the others were
      if (!isPrepared) await thread.prepare(generation, this.#options.loads());
      await thread.commit(generation);
    } catch (thrown) {
      if (this.#thread !== thread) return;
      if (!thread.isGone) this.#options.failed(thrown, 1);
      // no worker may serve anything else than the others do: its successor will not
      this.#state = "replaced";
      await thread.end();
    }
  }

  /** What serves goes on; a thread that ends from now on is not replaced. */
  giveUp(): void {
    this.#isLast = true;
    if (this.#state === "serving" || this.#state === "starting") return;
    this.#state = "given up";
    this.#wake();
  }

  #spawn(): Thread {
    const thread = this.#options.spawn();
    this.#thread = thread;
    this.#asked = 0;
    void thread.ended.then((reason) => this.#ended(reason, thread));
    return thread;
  }

  #ended(reason: string, ended: Thread): void {
    this.#thread = null;
    this.#state = "replaced";
    if (this.#isLast || !this.#options.died(reason, ended)) return this.giveUp();
    const thread = this.#spawn();
    this.#state = "preparing";
    this.#options.replaced();
    void this.#restore(thread);
  }

  async #restore(thread: Thread): Promise<void> {
    await this.#insist(thread, () => this.#bring(thread));
    await this.#insist(thread, () => this.#options.serve(thread));
  }

  /** Until it is done, or the thread is not the slot's any more. */
  async #insist(thread: Thread, step: () => Promise<unknown>): Promise<void> {
    const isOver = (): boolean =>
      this.#thread !== thread || thread.isGone || this.#state === "given up";
    for (let tries = 1; !isOver(); tries++) {
      try {
        await step();
        return;
      } catch (thrown) {
        if (isOver()) return;
        this.#options.failed(thrown, tries);
        await this.#pause(LIMITS.workerRetryMs * 2 ** Math.min(tries - 1, DOUBLINGS_MAX));
      }
    }
  }

  /** What becomes live meanwhile was prepared on the others only: then once more. */
  async #bring(thread: Thread): Promise<HookMasks> {
    for (;;) {
      const generation = this.#options.live();
      const masks = await thread.prepare(generation, this.#options.loads());
      await thread.commit(generation);
      if (generation !== this.#options.live()) continue;
      if (this.#thread === thread && this.#state !== "given up") this.#state = "serving";
      return masks;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Of the pause between two tries: 32 times the first is the longest. */
const DOUBLINGS_MAX = 5;

/** Within a minute, before the proxy gives up. */
const DEATHS_MAX = 5;
const WINDOW_MS = 60_000;

/**
 * How often workers ended by themselves of late: now and then is an accident, again and again is a
 * proxy that had better give up.
 */
export class Deaths {
  #atMs: number[] = [];

  /** Counts one more. True: that is one too many. */
  add(): boolean {
    const nowMs = performance.now();
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    this.#atMs.push(nowMs);
    return this.#atMs.length > DEATHS_MAX;
  }
}
