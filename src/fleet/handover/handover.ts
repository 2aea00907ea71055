// Hands over to a successor. The successor is started; once it serves, it is told what our
// counters still count. Each delta is told once, so the successor's counters end exact although
// both processes count at the same time. Until this process has ended they lag behind by a second
// at most. What requests here hold of in-flight limits counts there until they end.

import { LIMITS } from "../../base/limits.ts";
import type { Revision } from "../../control/store/records.ts";
import type { Logger } from "../../observe/log.ts";
import { tellKept } from "../../state/cache-news.ts";
import { type CounterTable, type CounterValue, counterDeltas } from "../../state/counters.ts";
import type { LimitTables } from "../../state/limit-tables.ts";
import type { MemoryCaches } from "../../state/memory-caches.ts";
import type { GroupControls } from "../../upstream/control/group-controls.ts";
import type { HandoverPayload } from "./handover-messages.ts";
import { Successor } from "./successor.ts";

export interface HandoverOptions {
  readonly sockets: () => Pick<HandoverPayload, "listeners" | "admin">;
  readonly counters: CounterTable;
  readonly limits: LimitTables;
  readonly run: string;
  readonly groups: Pick<GroupControls, "news">;
  /** What serves here. */
  readonly feed: { readonly served: Revision };
  readonly caches: MemoryCaches;
  readonly logger: Logger;
  /** From the start on what is kept is the successor's; `resume` is called if it fails. */
  readonly durable: { pause(reason: string): Promise<void>; resume(): void };
}

export type HandoverResult =
  | { readonly ok: true; readonly pid: number }
  | { readonly ok: false; readonly reason: string };

const GIVEN_UP = "this process was told to end";

export class Handover {
  readonly #options: HandoverOptions;
  #running: Promise<HandoverResult> | null = null;
  #successor: Successor | null = null;
  readonly #givenUp = new AbortController();
  #told: readonly CounterValue[] = [];
  #timers: readonly NodeJS.Timeout[] = [];
  /** What requests hold, as it was told last. */
  #toldHeld = "";

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** Never rejects. A second call meanwhile, or afterwards, has the same result. */
  start(): Promise<HandoverResult> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** No request begins here any more: the successor may take changes. */
  closed(): void {
    this.#tellLimits();
    this.#successor?.closed();
  }

  /** This process was told to end: no successor is wanted, and one that is started ends too. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  /** The last deltas, when nothing counts here any more. */
  async finish(): Promise<void> {
    const isGivenUp = this.#givenUp.signal.aborted;
    if (isGivenUp) await this.#running;
    for (const timer of this.#timers) clearInterval(timer);
    this.#tellDeltas();
    this.#tellLimits();
    await this.#successor?.release();
    if (isGivenUp) await this.#successor?.end();
  }

  async #run(): Promise<HandoverResult> {
    const { sockets, counters, limits, run, groups, feed, caches, logger, durable } = this.#options;
    const { signal } = this.#givenUp;
    if (signal.aborted) return { ok: false, reason: GIVEN_UP };
    const startMs = performance.now();
    logger.info("handing over: a successor is being started");
    await durable.pause("a handover is under way: ask again in a moment");
    try {
      this.#told = counters.list();
      const counted = { counters: this.#told, limits: limits.news(), run };
      const kept = { ...counted, groups: groups.news(), revision: feed.served };
      const payload = { ...sockets(), ...kept };
      const successor = await Successor.start(payload, signal, (tell) => {
        caches.follow = tell;
        void tellKept(caches, tell, signal);
      });
      this.#successor = successor;
      this.#tellDeltas();
      this.#tellLimits();
      // it serves, has what is kept, and ends like this process
      if (signal.aborted) return { ok: false, reason: GIVEN_UP };
      this.#timers = [
        setInterval(() => this.#tellDeltas(), LIMITS.counterDeltasMs).unref(),
        setInterval(() => this.#tellHeld(), LIMITS.heldNewsMs).unref(),
      ];
      const durationMs = Math.round(performance.now() - startMs);
      logger.info({ pid: successor.pid, durationMs }, "handed over");
      return { ok: true, pid: successor.pid };
    } catch (thrown) {
      this.#running = null;
      caches.follow = null;
      durable.resume();
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      if (signal.aborted) return { ok: false, reason: GIVEN_UP };
      logger.error({ reason }, "handover failed: this process serves on");
      return { ok: false, reason };
    }
  }

  #tellLimits(): void {
    this.#successor?.takeLimits(this.#options.limits.news());
  }

  /** The successor lets in as many less as there are under way here. */
  #tellHeld(): void {
    const held = this.#options.limits.heldNews();
    const text = JSON.stringify(held);
    if (text === this.#toldHeld) return;
    this.#toldHeld = text;
    this.#successor?.takeLimits(held);
  }

  #tellDeltas(): void {
    const now = this.#options.counters.list();
    this.#successor?.addCounters(counterDeltas(this.#told, now));
    this.#told = now;
  }
}
