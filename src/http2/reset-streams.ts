// Streams that we have reset, or never looked at: frames of theirs may still be on their way, and
// are no mistake. So many bytes of them as their windows had left come for nothing, as they would
// have before: who sends small frames has thousands under way when the reset meets them, and others
// on the same session. Only the last ones are known.

import { HTTP2_LIMITS } from "./limits.ts";

export class ResetStreams {
  /** By their numbers, the oldest first. */
  readonly #leftBytes = new Map<number, number>();

  has(id: number): boolean {
    return this.#leftBytes.has(id);
  }

  /** @param leftBytes  that may still come of it */
  add(id: number, leftBytes: number): void {
    this.#leftBytes.set(id, leftBytes);
    if (this.#leftBytes.size <= HTTP2_LIMITS.resetStreams) return;
    for (const oldest of this.#leftBytes.keys()) {
      this.#leftBytes.delete(oldest);
      return;
    }
  }

  /** Whether so much of it may have been on its way. */
  take(id: number, bytes: number): boolean {
    const leftBytes = this.#leftBytes.get(id) ?? 0;
    if (bytes === 0 || bytes > leftBytes) return false;
    this.#leftBytes.set(id, leftBytes - bytes);
    return true;
  }
}
