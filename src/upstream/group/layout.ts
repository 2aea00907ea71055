// The shared memory of one group of peers: a row a peer, and cells in which each worker counts what
// it has under way. The main thread alone decides how a peer stands; workers read it at each pick.
// What a worker counts is its own and is summed, so that a worker that dies gives its counts back.
//
//   header │ row 0 │ row 1 │ …        a word each: how it stands, its weight, what is claimed
//   times  │ row 0 │ row 1 │ …        until when it is left out, since when it gets warm
//   worker 1: queue │ row 0 │ row 1 … what it has under way, and what came of it, from the start on
//   text                              which row is whose, and what was added and removed

/** Words of the header. */
export const HEADER = {
  /** Odd while the text is being written; another number: the text is another one. */
  epoch: 0,
  textBytes: 1,
  /** 1: so few peers are sound that all are used. */
  isPanic: 2,
  /** Changes when a waiter should look again; workers sleep on it. */
  wake: 3,
  /** The next waiter's place in the queue. */
  tickets: 4,
} as const;
const HEADER_WORDS = 8;

/** Words of a row. */
export const ROW = {
  /** Bits of `STANDING`; 0: it takes requests. */
  standing: 0,
  weight: 1,
  /** Failures in a row: 5xx answers, and no answer at all. */
  failures: 2,
  /** Of those, the ones of a gateway: 502, 503, 504, and no answer at all. */
  gatewayFailures: 3,
  /** Claimed of all workers' requests and connections, where they are limited. */
  requests: 4,
  connections: 5,
} as const;
const ROW_WORDS = 8;

/** Why a peer takes no requests. */
export const STANDING = { draining: 1, disabled: 2, down: 4, ejected: 8 } as const;

/** Times of a row, milliseconds on the machine's clock; 0: none. */
export const TIME = { pausedUntil: 0, warmSince: 1 } as const;
const ROW_TIMES = 2;
/** The first time of all: no peer is left out after it. */
export const ANY_PAUSED_UNTIL = 0;
const HEADER_TIMES = 1;

/** Words of a worker, before its cells. */
export const WORKER = {
  /** Those that wait there. */
  queued: 0,
  /** Ticket of the first of them; 0: nobody waits. */
  head: 1,
  retries: 2,
} as const;
const WORKER_WORDS = 4;

/** Words of a worker's cell for a row. */
export const CELL = {
  active: 0,
  requests: 1,
  connections: 2,
  idle: 3,
  /** From here on: what came of attempts, from the start on; they wrap. */
  answered: 4,
  serverErrors: 5,
  gatewayErrors: 6,
  failures: 7,
} as const;
const CELL_WORDS = 8;

/** Room of the text for each row: the longest address, twice, with what is said of it. */
const TEXT_BYTES = 640;

export interface GroupSize {
  readonly rows: number;
  readonly workers: number;
}

/** Where everything lies, in bytes for the parts and in words within them. */
export interface GroupLayout extends GroupSize {
  readonly wordCount: number;
  readonly timesAt: number;
  readonly timeCount: number;
  readonly textAt: number;
  readonly textBytesMax: number;
  readonly bytes: number;
}

export function layoutOf({ rows, workers }: GroupSize): GroupLayout {
  const ofWorker = WORKER_WORDS + rows * CELL_WORDS;
  const wordCount = HEADER_WORDS + rows * ROW_WORDS + workers * ofWorker;
  const timesAt = Math.ceil((wordCount * 4) / 8) * 8;
  const timeCount = HEADER_TIMES + rows * ROW_TIMES;
  const textAt = timesAt + timeCount * 8;
  const textBytesMax = rows * TEXT_BYTES;
  const bytes = textAt + textBytesMax;
  return { rows, workers, wordCount, timesAt, timeCount, textAt, textBytesMax, bytes };
}

export const rowAt = (row: number): number => HEADER_WORDS + row * ROW_WORDS;
export const timeAt = (row: number): number => HEADER_TIMES + row * ROW_TIMES;

/** @param worker  from 0 */
export const workerAt = ({ rows }: GroupSize, worker: number): number =>
  HEADER_WORDS + rows * ROW_WORDS + worker * (WORKER_WORDS + rows * CELL_WORDS);

export const cellAt = (size: GroupSize, worker: number, row: number): number =>
  workerAt(size, worker) + WORKER_WORDS + row * CELL_WORDS;
