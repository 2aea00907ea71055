// The rate limits of one tenant in its cell: a table that all its isolates there share, and what of
// it the host has not been told yet.

import { ANY_SERIAL, type Hold, type HoldNote, PREDECESSOR } from "../../state/limit-holds.ts";
import { LimitMerge } from "../../state/limit-merge.ts";
import { isInFlight } from "../../state/limit-names.ts";
import {
  decodeLimitNews,
  encodeLimitNews,
  type LimitGroup,
  type LimitNews,
} from "../../state/limit-notes.ts";
import type { SlotNote } from "../../state/limit-slots.ts";
import { LimitTable } from "../../state/limit-table.ts";
import type { LimitRule } from "../../wire/limits/algorithms.ts";
import { agreeOn, NO_CLUSTER } from "../../wire/limits/cluster.ts";
import {
  EVICTED,
  LIMIT_HEAD,
  LIMIT_NAMES_MAX,
  type LimitMemory,
  PLAIN,
  RINGS,
  SLOT_WORDS,
  SLOTS_IN_BUCKET,
  type SlotShape,
  TOTALS,
  TOUCHED_MAX,
} from "../../wire/limits/layout.ts";
import { idOf } from "../../wire/limits/slots.ts";
import { halvesOf } from "../../wire/limits/state.ts";
import type { LimitStart, ToCell } from "./control.ts";
import { NO_BYTES } from "./pipe.ts";

export const NO_LIMITS: LimitStart = { key: [0, 0], notes: "", terms: NO_CLUSTER };

export class CellLimits {
  /** Whose turn runs. */
  worker = 0;
  #start: LimitStart;
  #told: ToldLimits | null = null;

  constructor(start: LimitStart) {
    this.#start = start;
  }

  /** For an isolate whose script names limits, until it releases them. */
  source(most: number) {
    return this.#made.source(most, () => this.worker);
  }

  get #made(): ToldLimits {
    this.#told ??= new ToldLimits(this.#start);
    return this.#told;
  }

  /** Whose it is, to be told with the frame that says so. */
  tell(hold: Hold): void {
    this.#told?.held.push(hold);
  }

  /** A request of that worker's has ended, or nobody wanted its frame. */
  left(worker: number, [low = 0, high = 0, serial = ANY_SERIAL]: Int32Array): void {
    this.#made.table.holds.leave({ low, high }, worker, serial);
  }

  /** All that requests of that worker's hold. */
  heldBy(worker: number, limits: Buffer): void {
    this.#made.merge.setHolds(worker, decodeLimitNews(limits) ?? NOTHING);
  }

  /** All that requests of the process before this one hold. */
  #heldBefore(notes: string): void {
    this.heldBy(PREDECESSOR, Buffer.from(notes, "base64"));
  }

  workerGone(worker: number): void {
    this.#told?.table.holds.dropWorker(worker);
  }

  /** An operator says so. */
  reset(name: string, key: string | null): void {
    this.#told?.table.reset(name, key);
    this.#told?.takeNotes();
  }

  /** What limits of all proxies go by from now on, and what may be let through of their keys. */
  #heard({ notes, terms }: Omit<LimitStart, "key">): void {
    this.#start = { ...this.#start, terms };
    if (this.#told !== null) agreeOn(this.#told.table.memory.cluster, terms);
    const news = decodeLimitNews(Buffer.from(notes, "base64"));
    if (news !== null) this.#told?.merge.take(news);
  }

  /** The host says so. */
  hear(said: Extract<ToCell, { readonly type: "limit holds" | "limit news" }>): void {
    if (said.type === "limit holds") this.#heldBefore(said.notes);
    else this.#heard(said);
  }

  /** What did not come out never was: an isolate died in the crossing that counted it. */
  takeBack(): void {
    this.#told?.takeBack();
  }

  /** What changed since the last call, for the host. */
  takeNotes(): Buffer {
    const news = this.#told?.takeNotes() ?? null;
    return news === null ? NO_BYTES : encodeLimitNews(news);
  }
}

class ToldLimits {
  readonly table: LimitTable;
  readonly merge: LimitMerge;
  /** Since the host was told. */
  readonly held: Hold[] = [];
  readonly #memory: LimitMemory;
  /** As the host knows them. */
  readonly #slots = new BigInt64Array(SLOT_WORDS);
  readonly #totals = new BigInt64Array(TOTALS);
  readonly #limits = new Map<number, { readonly name: string; readonly rule: LimitRule }>();
  /** Declared since the host was told: it lists them also if nothing is taken. */
  readonly #declared = new Set<number>();

  constructor({ key, notes, terms }: LimitStart) {
    this.table = LimitTable.make(key, terms);
    this.merge = new LimitMerge(this.table, LIMIT_NAMES_MAX);
    this.#memory = this.table.memory;
    const news = decodeLimitNews(Buffer.from(notes, "base64"));
    if (news !== null && news.groups.length > 0) {
      this.merge.take(news);
      this.merge.takeHolds(news);
      this.#slots.set(this.#memory.slots);
    }
    this.#totals.set(this.#memory.totals);
    this.#memory.head[LIMIT_HEAD.TELLS] = 1;
  }

  source(most: number, worker: () => number) {
    const { buffer, hold, release, enter } = this.table.source(most, worker);
    return {
      buffer,
      release,
      enter,
      hold: (name: string, rule: LimitRule): number => {
        const id = hold(name, rule);
        if (id <= 0) return id;
        const known = this.#limits.get(id);
        const isKnown = known?.name === name && isInFlight(known.rule) === isInFlight(rule);
        if (!isKnown) this.#declare(id);
        this.#limits.set(id, { name, rule });
        return id;
      },
    };
  }

  /** The number may have been another's, which no isolate has any more: it counts from 0. */
  #declare(id: number): void {
    this.#declared.add(id);
    this.#totals.fill(0n, 2 * id - 2, 2 * id);
  }

  takeBack(): void {
    for (const { at, shape } of this.#touched()) {
      const words = this.#slots.subarray(at, at + shape.words);
      this.#memory.slots.set(words, at);
    }
    this.#memory.totals.set(this.#totals);
    for (const hold of this.held.splice(0)) hold.release();
  }

  /** Null: nothing has changed. */
  takeNotes(): LimitNews | null {
    const touched = this.#touched();
    const slots = new Map<number, SlotNote[]>();
    const tag = { low: 0, high: 0 };
    for (const { at, shape } of touched) {
      halvesOf(this.#memory.slots[at] ?? 0n, tag);
      const id = idOf(tag);
      const note = this.table.slots.noteAt(at, shape);
      const known = slots.get(id);
      if (known === undefined) slots.set(id, [note]);
      else known.push(note);
      this.#slots.set(this.#memory.slots.subarray(at, at + shape.words), at);
    }
    const held = Map.groupBy(this.held.splice(0), (hold) => hold.id);
    const groups: LimitGroup[] = [];
    for (const [id, { name, rule }] of this.#limits) {
      const [allowed, refused] = [this.#since(2 * id - 2), this.#since(2 * id - 1)];
      const own = slots.get(id) ?? [];
      const holds = (held.get(id) ?? []).map(noteOf);
      const isNew = this.#declared.delete(id);
      if (!isNew && allowed + refused + own.length + holds.length === 0) continue;
      groups.push({ name, rule, allowed, refused, slots: own, holds });
    }
    const evicted = this.#since(EVICTED);
    return groups.length + evicted === 0 ? null : { evicted, groups };
  }

  /** What came on top since the host was told. */
  #since(total: number): number {
    const now = this.#memory.totals[total] ?? 0n;
    const before = this.#totals[total] ?? 0n;
    if (now === before) return 0;
    this.#totals[total] = now;
    return Number(now - before);
  }

  /** Slots that may have changed since the last call. */
  #touched(): { readonly at: number; readonly shape: SlotShape }[] {
    const { head, touched } = this.#memory;
    const count = head[LIMIT_HEAD.TOUCHES] ?? 0;
    head[LIMIT_HEAD.TOUCHES] = 0;
    if (count === 0) return [];
    const places = count > TOUCHED_MAX ? this.#changed() : new Set(touched.subarray(0, count));
    return [...places].map((at) => ({ at, shape: at < RINGS.at ? PLAIN : RINGS }));
  }

  /** More were touched than are told of. */
  #changed(): Set<number> {
    const places = new Set<number>();
    const { slots } = this.#memory;
    for (const shape of [PLAIN, RINGS]) {
      const end = shape.at + shape.buckets * SLOTS_IN_BUCKET * shape.words;
      for (let at = shape.at; at < end; at += shape.words) {
        const isTold = slots[at + 1] === this.#slots[at + 1] && slots[at] === this.#slots[at];
        if (!isTold) places.add(at);
      }
    }
    return places;
  }
}

const NOTHING: LimitNews = { evicted: 0, groups: [] };

const noteOf = ({ low, high, serial }: Hold): HoldNote => ({
  ...{ low, high, serial },
  ...{ count: 1, worker: 0 },
});
