// Keeps the copy up to date: at each hint, every few seconds without one, and after each change of
// this proxy's own. Knows since when PostgreSQL has not answered.

import type { Pool } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { Mutex } from "../../../base/mutex.ts";
import { within } from "../../../base/within.ts";
import { toStoreError } from "../postgres/errors.ts";
import { FormatError } from "../postgres/migrate.ts";
import { Pipeline } from "../postgres/pipeline.ts";
import type { Stored } from "../postgres/stored.ts";
import type { StoreNews, Told } from "../steps.ts";
import { StoreError } from "../store.ts";
import type { ClusterEvents } from "./cluster-events.ts";
import type { Copy } from "./copy.ts";
import { Listener } from "./listener.ts";
import { type News, newsSince } from "./source.ts";

export interface FollowerOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  readonly copy: Copy;
  readonly on: ClusterEvents;
}

export interface CopyRefusal {
  readonly reason: string;
  readonly sinceMs: number;
  /** The tables are another release's: nothing may be written there. */
  readonly isForeign: boolean;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #mutex = new Mutex();
  readonly #listener: Listener;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #lostAtMs: number | null = null;
  #isClosed = false;
  /** Own changes that are on their way: what they make is told of by who made them. */
  #own = 0;
  #untold: StoreNews | null = null;
  #told: Told | null = null;
  #refusal: CopyRefusal | null = null;
  #lookedAtMs = 0;
  /** How far somebody has said that the feed has come, and nobody has looked; null: nobody has. */
  #hinted: number | null = null;
  /** Resolves when it answers again; null: nobody waits for that. */
  #back: PromiseWithResolvers<void> | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#listener = new Listener(options.address, (position) => this.#hint(position));
  }

  /** Since when PostgreSQL has not answered; null: it does. */
  get lostAtMs(): number | null {
    return this.#lostAtMs;
  }

  /** Why what it answers cannot be copied; null: it can, as far as is known. */
  get refusal(): CopyRefusal | null {
    return this.#refusal;
  }

  /** Told of what is copied that others have stored. */
  watch(told: Told): void {
    this.#told = told;
    this.#tell();
  }

  start(): void {
    this.#again(0);
  }

  /** Throws StoreError. */
  catchUp(): Promise<void> {
    return this.#catchUp(null);
  }

  /** A change of this proxy's own. Throws StoreError. */
  copyOwn(stored: Stored | null): Promise<void> {
    return this.#catchUp(null, stored);
  }

  /** @param hinted  nothing is asked for if the copy has come there by then, and no further */
  #catchUp(hinted: number | null, own: Stored | null = null): Promise<void> {
    return this.#mutex.run(async () => {
      try {
        // nobody was in between: it is known what it has stored
        if (own !== null && this.#options.copy.apply(own.rows, own.from, own.to)) {
          return this.#note({ isBack: false, isReplaced: false });
        }
        if (hinted !== null && this.#isWell && this.#options.copy.cursor?.position === hinted)
          return;
        while (!(await this.#copyOnce())) {
          // the other process that uses the copy was first
        }
        this.#found();
      } catch (thrown) {
        const error = toStoreError(thrown, this.#options.address) ?? thrown;
        if (error instanceof StoreError && error.fault === "unreachable") this.lost(error);
        throw error;
      }
    });
  }

  /** As far as is known: otherwise a hint alone does not tell. */
  get #isWell(): boolean {
    return this.#lostAtMs === null && this.#refusal === null;
  }

  /** PostgreSQL does not answer. */
  lost(error: StoreError): void {
    if (this.#lostAtMs !== null) return;
    this.#lostAtMs = Date.now();
    this.#options.on.lost(error);
    this.#again(Math.random() * CLUSTER_LIMITS.retryMs);
  }

  /** Resolves when all that was stored by now is copied, or after this time. */
  async backWithin(ms: number): Promise<void> {
    if (this.#lostAtMs === null) return;
    this.#back ??= Promise.withResolvers();
    await within(ms, this.#back.promise);
  }

  /** A change of this proxy's own begins; to be disposed of when it is copied or refused. */
  own(): Disposable {
    this.#own++;
    return {
      [Symbol.dispose]: () => {
        this.#own--;
        if (this.#own === 0 && this.#hinted !== null) this.#again(0);
        // who made it tells of its revision first
        setImmediate(() => this.#tell());
      },
    };
  }

  /** Somebody waits for it: it is looked for now, unless it was a moment ago. */
  nudge(): void {
    if (performance.now() - this.#lookedAtMs >= CLUSTER_LIMITS.nudgeMs) this.#again(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#listener.close(), this.#mutex.idle()]);
  }

  /** False: another process moved the cursor meanwhile. */
  async #copyOnce(): Promise<boolean> {
    const { pool, copy } = this.#options;
    const from = copy.cursor;
    const client = await pool.connect();
    let news: News | null;
    try {
      using pipeline = new Pipeline(client);
      news = await newsSince(pipeline, copy, from);
    } catch (thrown) {
      client.release(true);
      throw thrown;
    }
    client.release();
    if (news === null) return true;
    if (!copy.apply(news.rows, from, news.to)) return false;
    const isReplaced = from !== null && news.isWhole;
    if (isReplaced) this.#options.on.replaced(news.rows.map(({ place }) => place));
    this.#note({ isBack: false, isReplaced });
    return true;
  }

  #note({ isBack, isReplaced }: StoreNews): void {
    const before = this.#untold;
    this.#untold = {
      isBack: isBack || before?.isBack === true,
      isReplaced: isReplaced || before?.isReplaced === true,
    };
    this.#tell();
  }

  #tell(): void {
    if (this.#own > 0 || this.#untold === null || this.#told === null) return;
    const news = this.#untold;
    this.#untold = null;
    if (!this.#isClosed) this.#told(news);
  }

  #found(): void {
    this.#failures = 0;
    if (this.#lostAtMs === null) return;
    const forMs = Date.now() - this.#lostAtMs;
    this.#lostAtMs = null;
    this.#back?.resolve();
    this.#back = null;
    this.#options.on.found(forMs);
    this.#note({ isBack: true, isReplaced: false });
  }

  /**
   * Somebody has stored something. A change of this proxy's own is copied by whoever makes it, with
   * all that came before.
   */
  #hint(position: number): void {
    this.#hinted = position;
    if (this.#own === 0) this.#again(0);
  }

  #again(withinMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), withinMs).unref();
  }

  async #look(): Promise<void> {
    this.#lookedAtMs = performance.now();
    const hinted = this.#hinted;
    this.#hinted = null;
    try {
      await this.#catchUp(hinted);
      // who has just said something lives
      if (hinted === null) await this.#listener.check();
      this.#again(this.#hinted === null ? nextLookMs() : 0);
      this.#refusal = null;
    } catch (thrown) {
      this.#refused(thrown);
      const { retryMs, retryMsMax } = CLUSTER_LIMITS;
      const rangeMs = Math.min(retryMs * 2 ** this.#failures++, retryMsMax);
      this.#again(Math.random() * rangeMs);
    }
  }

  /** Said once, as it is met again and again; and what was lost is said already. */
  #refused(thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // it could not be asked now: nothing is known of it
    if (thrown instanceof StoreError && thrown.fault === "busy") return;
    if (this.#lostAtMs !== null || message === this.#refusal?.reason) return;
    const isForeign = thrown instanceof FormatError;
    const sinceMs = this.#refusal?.sinceMs ?? Date.now();
    this.#refusal = { reason: message, sinceMs, isForeign };
    this.#options.on.refused(thrown);
  }
}

/** So that many proxies do not all look at once. */
const nextLookMs = (): number => CLUSTER_LIMITS.lookMs + (Math.random() * 2 - 1) * 1_000;
