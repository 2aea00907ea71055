// A state of a key in one 64-bit word, so that one compare-exchange decides. Of one key they only
// ever grow, so of two the larger is the later: that is how a cell's reach its host.
//
//   time  40 bits     low  20 bits     check  4 bits
//
//   fixed window      when it began, ms        requests in it
//   token bucket      when it is full, ms      the same, 2^-20 of a ms
//   sliding window    number of a sub-window   requests so far, mod 2^20
//
// check: bits of the key's hash, by which a slot that has got another key is noticed.

export const LOW_COUNT = 0x10_0000;
const HIGH_SHARE = 256;
const CHECK_BITS = 15;

/** One word taken apart. Of this realm: decisions are made one after the other. */
export interface State {
  time: number;
  low: number;
  check: number;
}

const word = new BigInt64Array(1);
const halves = new Int32Array(word.buffer);

export function readState(from: bigint, into: State): void {
  word[0] = from;
  const low = halves[0] ?? 0;
  into.check = low & CHECK_BITS;
  into.low = (low >>> 4) & (LOW_COUNT - 1);
  into.time = ((halves[1] ?? 0) >>> 0) * HIGH_SHARE + (low >>> 24);
}

export function stateOf(time: number, low: number, check: number): bigint {
  const timeLow = time % HIGH_SHARE;
  halves[0] = (timeLow << 24) | (low << 4) | check;
  halves[1] = ((time - timeLow) / HIGH_SHARE) | 0;
  return word[0] ?? 0n;
}

/** Two halves as one word. */
export function wordOf(low: number, high: number): bigint {
  halves[0] = low;
  halves[1] = high;
  return word[0] ?? 0n;
}

/** Into `out`: the halves of a word. */
export function halvesOf(from: bigint, out: { low: number; high: number }): void {
  word[0] = from;
  out.low = halves[0] ?? 0;
  out.high = halves[1] ?? 0;
}
