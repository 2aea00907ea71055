// What a worker has counted, for who looks: within a bounded time, whatever the worker does. While
// it is busy what it said last stands in: if its numbers were missing from one look, all of them
// would come back in the next, and look like a burst.

import { countsIn } from "../../../observe/ended-counts.ts";
import type { MetricsSnapshot } from "../../../observe/metrics.ts";
import { type PackedSnapshot, Unpacker } from "../../../observe/packed-snapshot.ts";
import type { WorkerReply } from "../../shared/messages.ts";

/** How long who looks waits for an answer. One that is not stuck takes milliseconds for it. */
export const LOOK_MS = 1_000;

/** Says how many workers answer. */
const ANSWERS = "sluice_workers";

/** Null: it will not answer any more. */
type Told = MetricsSnapshot | null;

export class LastCounted {
  readonly #ask: () => Promise<WorkerReply>;
  readonly #unpacker = new Unpacker();
  #last: MetricsSnapshot = [];
  /** Under way: what it brings may be of before somebody came to look. */
  #asked: Promise<Told> | null = null;
  /** The one behind it, for all who have come since. */
  #next: Promise<Told> | null = null;

  /** @param ask  rejects if the worker is gone */
  constructor(ask: () => Promise<WorkerReply>) {
    this.#ask = ask;
  }

  /** What it had counted when it said so last. */
  get last(): MetricsSnapshot {
    return this.#last;
  }

  /** It says so unasked. */
  take(snapshot: PackedSnapshot): void {
    this.#last = this.#unpacker.unpack(snapshot);
  }

  /** All that it has counted by now, or what it said last. */
  async look(): Promise<MetricsSnapshot> {
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, LOOK_MS, "late");
    const told = await Promise.race([this.#told(), late]);
    clearTimeout(timer);
    if (told === null) return countsIn(this.#last);
    return told === "late" ? this.#last.filter(({ name }) => name !== ANSWERS) : told;
  }

  /** One question at a time: a worker that comes back has one page to write, not one for each. */
  #told(): Promise<Told> {
    if (this.#next !== null) return this.#next;
    if (this.#asked === null) return this.#begin();
    this.#next = this.#asked.then(() => {
      this.#next = null;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<Told> {
    const told = this.#hear().catch(() => null);
    this.#asked = told.finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  async #hear(): Promise<Told> {
    const reply = await this.#ask();
    if (reply.type === "counted") this.take(reply.snapshot);
    return this.#last;
  }
}
