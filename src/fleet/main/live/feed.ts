// Which revision of the store this proxy serves. Whoever stores a change tells of its revision here
// and brings it live: a reload of the file, the admin API, a start. A revision that nobody told of
// was stored by somebody else: by a successor that failed after it had stored what it was to serve,
// or by another machine. Then all that the store says is read again, and brought live.
//
//   told   4  5  ·  7        5 and 7 are served, and 6 is somebody else's: `revision` is 5 until
//                            the store was read at 6 or later

import type { Revision } from "../../../control/store/records.ts";
import type { SqlStore } from "../../../control/store/sql-store.ts";
import type { StoreNews } from "../../../control/store/steps.ts";
import { ServeError } from "../../shared/start-errors.ts";

/** `watch`: tells of what others have stored; left out: they cannot, or it is asked for. */
type FeedStore = Pick<SqlStore, "revision"> & Partial<Pick<SqlStore, "watch">>;

export interface FeedOptions {
  /** At which the store was read first. */
  readonly first: Revision;
  /** Null: there is none, and `revision` stays 0. */
  readonly store: FeedStore | null;
  /**
   * Reads all that the store says and brings it live; tells `reached` when it is. If the store is
   * back, what could not be stored meanwhile is to be stored too; if its history is another one,
   * what it says has any revision.
   */
  readonly readAgain: (revision: number, news?: StoreNews) => Promise<void>;
}

export class Feed {
  readonly #options: FeedOptions;
  /** Told of, and not served yet. */
  readonly #open = new Set<number>();
  /** What others stored, from the first one to the last; null: nothing that is not read by now. */
  #missed: { readonly from: number; readonly to: number } | null = null;
  /** The highest that there is, as far as is known. */
  #stored: number;
  #moved: () => void = () => {};

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#stored = options.first.number;
    options.store?.watch?.((news) => {
      if (news.isReplaced) void this.#startOver(news);
      else if (news.isBack) void options.readAgain(this.#stored, news);
      else void this.look();
    });
  }

  /** All changes up to this one are served. */
  get revision(): number {
    const unserved = [...this.#open, this.#missed?.from ?? Number.POSITIVE_INFINITY];
    return Math.min(this.#stored + 1, ...unserved) - 1;
  }

  /** The highest that there is, as far as is known. */
  get stored(): number {
    return this.#stored;
  }

  /** Told whenever one of these two may be another one. */
  whenMoved(told: () => void): void {
    this.#moved = told;
  }

  /** What a successor begins with. */
  get served(): Revision {
    return { ...this.#options.first, number: this.revision };
  }

  /** Told by who stored it, at once; to be disposed of when it is served. Null: nothing was. */
  begin(revision: number | null): Disposable {
    if (revision === null) return { [Symbol.dispose]() {} };
    if (revision > this.#stored + 1) {
      this.#miss(revision - 1);
      void this.#options.readAgain(revision - 1);
    }
    this.#stored = Math.max(this.#stored, revision);
    this.#open.add(revision);
    return {
      [Symbol.dispose]: () => {
        this.#open.delete(revision);
        this.#moved();
      },
    };
  }

  /** All that was in the store at this revision is served. */
  reached(revision: number): void {
    this.#stored = Math.max(this.#stored, revision);
    if (this.#missed !== null) {
      const { to } = this.#missed;
      this.#missed = revision < to ? { from: revision + 1, to } : null;
    }
    this.#moved();
  }

  /** Told by who fears that others stored something. Resolves when all that there is is served. */
  async look(): Promise<void> {
    const found = await this.#options.store?.revision();
    if (found !== undefined && found.number > this.#stored) this.#miss(found.number);
    if (this.#missed !== null) await this.#options.readAgain(this.#missed.to);
  }

  /** Its revisions are others from here on, and may be lower. */
  async #startOver(news: StoreNews): Promise<void> {
    const { store, readAgain } = this.#options;
    const { number } = (await store?.revision()) ?? NO_REVISION;
    this.#stored = number;
    this.#missed = { from: number, to: number };
    await readAgain(number, news);
  }

  #miss(to: number): void {
    this.#missed = { from: this.#missed?.from ?? this.#stored + 1, to };
    this.#stored = to;
    this.#moved();
  }
}

/** There is no store: nothing counts its changes. */
export const NO_REVISION: Revision = { number: 0, lineage: "" };

/** Throws ServeError if the store is not what the process before this one serves, or was once. */
export function expectNotOlder(served: Revision | null, store: Revision): void {
  if (served === null || served.lineage !== store.lineage) return;
  if (store.number >= served.number) return;
  const got = `got ${store.number}: it is an older copy`;
  const message = `Cannot take over with this store: expected revision ${served.number} or later`;
  throw new ServeError(`${message}, which the process before this one serves, ${got}; restart`);
}
