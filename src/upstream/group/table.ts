// The memory of a group as its users see it. Everything here is one load, one store or one atomic
// operation, or a sum over workers; who decides what is written is said in layout.ts.

import { Buffer } from "node:buffer";
import {
  ANY_PAUSED_UNTIL,
  CELL,
  cellAt,
  type GroupLayout,
  type GroupSize,
  HEADER,
  layoutOf,
  ROW,
  rowAt,
  TIME,
  timeAt,
  WORKER,
  workerAt,
} from "./layout.ts";

/** What a group's memory is, as it is posted to a worker. */
export interface SharedGroup extends GroupSize {
  readonly buffer: SharedArrayBuffer;
}

/** What the text says. The rows are by number: an empty address is a free one. */
export interface GroupText {
  readonly rows: readonly string[];
  readonly weights: readonly number[];
  readonly added: readonly AddedPeer[];
  /** Addresses of the configuration that take no part. */
  readonly removed: readonly string[];
  /** Addresses that stand for a peer of the configuration: by its own address, a name's. */
  readonly resolved: Readonly<Record<string, readonly string[]>>;
}

/** Added while the proxy runs. */
export interface AddedPeer {
  readonly address: string;
  readonly weight: number;
  readonly priority: number;
}

export const NO_TEXT: GroupText = { rows: [], weights: [], added: [], removed: [], resolved: {} };

export class GroupTable {
  readonly shared: SharedGroup;
  readonly words: Int32Array;
  readonly times: Float64Array;
  readonly #layout: GroupLayout;
  /** As it was written last, by this thread. */
  #written = "";

  constructor(shared: SharedGroup) {
    this.shared = shared;
    this.#layout = layoutOf(shared);
    const { wordCount, timesAt, timeCount } = this.#layout;
    this.words = new Int32Array(shared.buffer, 0, wordCount);
    this.times = new Float64Array(shared.buffer, timesAt, timeCount);
  }

  static make(size: GroupSize): GroupTable {
    const { rows, workers } = size;
    return new GroupTable({ rows, workers, buffer: new SharedArrayBuffer(layoutOf(size).bytes) });
  }

  get epoch(): number {
    return this.words[HEADER.epoch]!;
  }

  get isPanic(): boolean {
    return this.words[HEADER.isPanic] === 1;
  }

  /** The main thread's alone. */
  set isPanic(isPanic: boolean) {
    Atomics.store(this.words, HEADER.isPanic, isPanic ? 1 : 0);
  }

  /** Null: it is being written. */
  read(): GroupText | null {
    const { textAt, textBytesMax } = this.#layout;
    const epoch = Atomics.load(this.words, HEADER.epoch);
    const length = Atomics.load(this.words, HEADER.textBytes);
    if (epoch === 0) return NO_TEXT;
    if (epoch % 2 !== 0 || length > textBytesMax) return null;
    const copy = Buffer.from(new Uint8Array(this.shared.buffer, textAt, length));
    if (Atomics.load(this.words, HEADER.epoch) !== epoch) return null;
    return JSON.parse(copy.toString());
  }

  /** The main thread's alone. False: it is too long, and nothing has changed. */
  write(text: GroupText): boolean {
    const { textAt, textBytesMax } = this.#layout;
    const written = JSON.stringify(text);
    // workers would begin anew, each with its first peer
    if (written === this.#written) return true;
    const bytes = Buffer.from(written);
    if (bytes.length > textBytesMax) return false;
    this.#written = written;
    Atomics.add(this.words, HEADER.epoch, 1);
    Buffer.from(this.shared.buffer, textAt, bytes.length).set(bytes);
    Atomics.store(this.words, HEADER.textBytes, bytes.length);
    Atomics.add(this.words, HEADER.epoch, 1);
    return true;
  }

  // Of a row.

  standing(row: number): number {
    return this.words[rowAt(row) + ROW.standing]!;
  }

  weight(row: number): number {
    return this.words[rowAt(row) + ROW.weight]!;
  }

  set(row: number, word: keyof typeof ROW, value: number): void {
    Atomics.store(this.words, rowAt(row) + ROW[word], value);
  }

  get(row: number, word: keyof typeof ROW): number {
    return Atomics.load(this.words, rowAt(row) + ROW[word]);
  }

  /** No peer is left out after this time. */
  get anyPausedUntilMs(): number {
    return this.times[ANY_PAUSED_UNTIL]!;
  }

  set anyPausedUntilMs(ms: number) {
    this.times[ANY_PAUSED_UNTIL] = ms;
  }

  pausedUntilMs(row: number): number {
    return this.times[timeAt(row) + TIME.pausedUntil]!;
  }

  pause(row: number, untilMs: number): void {
    this.times[timeAt(row) + TIME.pausedUntil] = untilMs;
    if (untilMs > this.anyPausedUntilMs) this.anyPausedUntilMs = untilMs;
  }

  warmSinceMs(row: number): number {
    return this.times[timeAt(row) + TIME.warmSince]!;
  }

  setWarmSince(row: number, ms: number): void {
    this.times[timeAt(row) + TIME.warmSince] = ms;
  }

  /** Of all workers. */
  sum(row: number, cell: keyof typeof CELL): number {
    const { shared, words } = this;
    let sum = 0;
    for (let worker = 0; worker < shared.workers; worker++) {
      sum += words[cellAt(shared, worker, row) + CELL[cell]]!;
    }
    return sum;
  }

  /** Of all workers and rows. */
  sumOfWorkers(word: keyof typeof WORKER): number {
    let sum = 0;
    for (let worker = 0; worker < this.shared.workers; worker++) {
      sum += Atomics.load(this.words, workerAt(this.shared, worker) + WORKER[word]);
    }
    return sum;
  }

  addRetry(worker: number, by: 1 | -1): void {
    Atomics.add(this.words, workerAt(this.shared, worker) + WORKER.retries, by);
  }

  /** Whoever waits looks again, in every worker. */
  wake(): void {
    Atomics.add(this.words, HEADER.wake, 1);
    Atomics.notify(this.words, HEADER.wake);
  }

  /** Something was given back. */
  wakeIfAnyWaits(): void {
    if (this.sumOfWorkers("queued") > 0) this.wake();
  }

  /** The worker is gone, and with it what it had under way. @param worker  from 0 */
  forgetWorker(worker: number): void {
    const { shared, words } = this;
    for (let row = 0; row < shared.rows; row++) {
      const cell = cellAt(shared, worker, row);
      const claimed = Atomics.exchange(words, cell + CELL.requests, 0);
      Atomics.sub(words, rowAt(row) + ROW.requests, claimed);
      const open = Atomics.exchange(words, cell + CELL.connections, 0);
      Atomics.sub(words, rowAt(row) + ROW.connections, open);
      Atomics.store(words, cell + CELL.active, 0);
      Atomics.store(words, cell + CELL.idle, 0);
    }
    const at = workerAt(shared, worker);
    for (const word of Object.values(WORKER)) Atomics.store(words, at + word, 0);
    this.wake();
  }

  /** A peer that had the row is gone: what was counted of it is not the next one's. */
  clearRow(row: number): void {
    const { shared, words } = this;
    for (const word of Object.values(ROW)) Atomics.store(words, rowAt(row) + word, 0);
    for (const time of Object.values(TIME)) this.times[timeAt(row) + time] = 0;
    for (let worker = 0; worker < shared.workers; worker++) {
      const cell = cellAt(shared, worker, row);
      for (const word of Object.values(CELL)) Atomics.store(words, cell + word, 0);
    }
  }
}
