// Looks whether the workers' hearts beat. Nothing but the end of the process ends a native loop in
// an isolate, so a worker that stands still for too long is reported, once. What counts is what its
// thread has used of the processor: on a busy machine an honest one may be silent for long.

import { START_BUDGETS } from "../../../sandbox/start.ts";
import type { Silence } from "./silence.ts";

/**
 * How much of the processor a worker may use in silence before it counts as stuck: this and four
 * times the longest hookMs, since the watchdog may take that long; and how often that is looked at.
 */
const STUCK_MS = 5_000;
const STUCK_BUDGETS = 4;
/** The same while it starts a script, for as long as two starts may take. */
const STUCK_START_BUDGETS = 2 * START_BUDGETS;
/**
 * As many times as long by the clock, whatever it has used: it may wait for what never comes. A
 * machine with eight times its load lets an honest one beat before that.
 */
const STUCK_WALL_TIMES = 12;
const LOOK_MS = 500;

export interface WatchedThread {
  readonly index: number;
  readonly silence: Pick<Silence, "look" | "wallMs" | "usedMs">;
  /** Of a script whose top level it runs; 0: of none. */
  startMs(): number;
  tenantIndex(): number;
  /** It is stuck: nothing waits for it any more. */
  giveUp(): void;
}

/** What is live, as far as it says how long hooks may run. */
interface Live {
  readonly config: {
    readonly tenants: readonly { readonly limits: { readonly hookMs: number } }[];
  };
}

export interface Watched {
  readonly threads: Iterable<WatchedThread>;
  readonly generation: Live;
}

/** This worker, running this tenant's code (-1: its own), does not move any more. */
export type OnStuck = (worker: number, tenantIndex: number) => void;

export class StuckWatch {
  readonly #watched: () => Watched;
  readonly #onStuck: OnStuck;
  readonly #timer: NodeJS.Timeout;

  constructor(watched: () => Watched, onStuck: OnStuck) {
    this.#watched = watched;
    this.#onStuck = onStuck;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { threads, generation } = this.#watched();
    const { tenants } = generation.config;
    const hookMs = tenants.reduce((most, { limits }) => Math.max(most, limits.hookMs), 0);
    for (const thread of threads) {
      const { silence } = thread;
      silence.look();
      const startingMs = STUCK_START_BUDGETS * thread.startMs();
      const mostMs = STUCK_MS + Math.max(STUCK_BUDGETS * hookMs, startingMs);
      if (!isStuck(silence, mostMs)) continue;
      this.stop();
      thread.giveUp();
      this.#onStuck(thread.index, thread.tenantIndex());
      return;
    }
  }
}

function isStuck({ usedMs, wallMs }: WatchedThread["silence"], mostMs: number): boolean {
  // where the system does not tell, there is the clock alone
  return (usedMs ?? wallMs) >= mostMs || wallMs >= STUCK_WALL_TIMES * mostMs;
}
