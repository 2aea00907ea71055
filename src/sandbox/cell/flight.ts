// The flight record: a small memory-backed file that a cell inherits and its host reads. What was
// written to it survives the cell, so it tells who was running when the cell died, and since when
// somebody runs. One write for each crossing, 1.5 µs: a frame that was running is run again call by
// call, so the crossing is all one needs to know.

import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const FLIGHT = {
  /** Nothing of a script's runs. */
  idle: 0,
  /** A turn. */
  turn: 1,
  /** A script's top level: an isolate is being made. */
  start: 2,
} as const;

/** Whose code runs. */
export interface Running {
  /** FLIGHT. */
  readonly state: number;
  /** Index of the worker whose turn it is. */
  readonly worker: number;
  /** The deployment, as the main thread numbers them. */
  readonly key: number;
  /** Lane of that worker, and the turn in it. */
  readonly lane: number;
  readonly turn: number;
}

export interface Flight extends Running {
  /** Raised at each write: the same number means that the same crossing still runs. */
  readonly crossing: number;
  /** When it began, on the clock of `monotonicMs`. */
  readonly startMs: number;
  /** Raised four times a second, unless something runs. */
  readonly beat: number;
}

const BYTES = 36;
const START_AT = 24;
const BEAT_AT = 32;

/** The system's monotonic clock: the same for all processes. */
export function monotonicMs(): number {
  // not the bigint of `hrtime`, which costs several times as much
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Opened, and without a name from then on. */
export function openFlight(): number {
  const name = `sluice-flight-${randomBytes(8).toString("hex")}`;
  const path = join(isMemory("/dev/shm") ? "/dev/shm" : tmpdir(), name);
  const descriptor = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  ftruncateSync(descriptor, BYTES);
  return descriptor;
}

function isMemory(folder: string): boolean {
  try {
    const descriptor = openSync(folder, "r");
    const isFolder = fstatSync(descriptor).isDirectory();
    closeSync(descriptor);
    return isFolder;
  } catch {
    return false;
  }
}

/** In the cell. */
export class FlightWriter {
  readonly #descriptor: number;
  readonly #record = Buffer.from(new ArrayBuffer(BYTES));
  readonly #words = new Int32Array(this.#record.buffer);
  readonly #startMs = new Float64Array(this.#record.buffer, START_AT, 1);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write({ state, worker, key, lane, turn }: Running): void {
    const words = this.#words;
    words[0] = state;
    words[1] = worker;
    words[2] = key;
    words[3] = lane;
    words[4] = turn;
    words[5] = ((words[5] ?? 0) + 1) & 0x7fffffff;
    this.#startMs[0] = monotonicMs();
    writeSync(this.#descriptor, this.#record, 0, BEAT_AT, 0);
  }

  idle(): void {
    this.write(IDLE);
  }

  /** The event loop moves. */
  beat(): void {
    const beat = (this.#record.readInt32LE(BEAT_AT) + 1) & 0x7fffffff;
    this.#record.writeInt32LE(beat, BEAT_AT);
    writeSync(this.#descriptor, this.#record, BEAT_AT, BYTES - BEAT_AT, BEAT_AT);
  }
}

const IDLE: Running = { state: FLIGHT.idle, worker: 0, key: 0, lane: 0, turn: 0 };

const read = Buffer.alloc(BYTES);

/** In the host. What stands there was written by a hostile process. */
export function readFlight(descriptor: number): Flight {
  const length = readSync(descriptor, read, 0, BYTES, 0);
  return {
    state: length === BYTES ? read.readInt32LE(0) : FLIGHT.idle,
    worker: read.readInt32LE(4),
    key: read.readInt32LE(8),
    lane: read.readInt32LE(12),
    turn: read.readInt32LE(16),
    crossing: read.readInt32LE(20),
    startMs: read.readDoubleLE(24),
    beat: read.readInt32LE(BEAT_AT),
  };
}
