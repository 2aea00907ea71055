// Strong random bytes. Each turn brings a key of its own, which the host has drawn; what is drawn
// here is a stream from it. The key is replaced by the beginning of each piece of the stream, and
// what was given out is wiped, so that nothing in memory tells what came before.

import { CONTROL, SEED, SEED_KEY_WORDS } from "../../../src/wire/control.ts";
import { bytesCopy, bytesSet, bytesView, mathMin, typedArrayLength } from "../primordials.ts";
import { isNoted, learnt, SOURCE, windows } from "../shared.ts";
import { BLOCK_BYTES, blocks, fillStream } from "./chacha20.ts";

const { control } = windows;
const KEY_AT = CONTROL.SEED + SEED.key;
const KEY_BYTES = SEED_KEY_WORDS * 4;

const key = new Int32Array(SEED_KEY_WORDS);
const BLOCKS = 8;
const STREAM_BYTES = BLOCKS * BLOCK_BYTES;
const stream = blocks(BLOCKS);
/** Bytes of the stream that were given out. */
let used = STREAM_BYTES;
let hasKey = false;

/** Fills `target` with bytes that nobody can foretell. */
export function fillRandom(target: Uint8Array): void {
  takeKey();
  if (!hasKey) {
    throw new Error(
      "There are no random values at the top level of a script, which runs once in each isolate: " +
        "expected them to be drawn in a hook",
    );
  }
  const end = typedArrayLength(target);
  for (let at = 0; at < end; ) {
    if (used === STREAM_BYTES) refill();
    const left = STREAM_BYTES - used;
    const length = mathMin(end - at, left);
    const part = bytesView(stream, used, used + length);
    bytesSet(target, part, at);
    for (let i = 0; i < length; i++) part[i] = 0;
    used += length;
    at += length;
  }
  if (isNoted()) bytesSet(target, learnt(SOURCE.random, "", bytesCopy(target, 0, end)));
}

/** The turn's own, once: what is left of the stream of the last turn's is dropped. */
function takeKey(): void {
  let isNew = false;
  for (let i = 0; i < SEED_KEY_WORDS; i++) isNew ||= control[KEY_AT + i] !== 0;
  if (!isNew) return;
  for (let i = 0; i < SEED_KEY_WORDS; i++) {
    key[i] = control[KEY_AT + i] ?? 0;
    control[KEY_AT + i] = 0;
  }
  used = STREAM_BYTES;
  hasKey = true;
}

function refill(): void {
  fillStream(stream, BLOCKS, key);
  for (let i = 0; i < SEED_KEY_WORDS; i++) {
    const at = 4 * i;
    key[i] =
      (stream[at] ?? 0) |
      ((stream[at + 1] ?? 0) << 8) |
      ((stream[at + 2] ?? 0) << 16) |
      ((stream[at + 3] ?? 0) << 24);
  }
  for (let i = 0; i < KEY_BYTES; i++) stream[i] = 0;
  used = KEY_BYTES;
}
