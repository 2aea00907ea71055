// Streams that wait until an outbox has room. A list, and not a Set that is filled and emptied for
// ever, which keeps things (wire/id-table.ts).

import type { SessionStream } from "./session-stream.ts";

export class RoomWaiters {
  #all: SessionStream[] = [];

  add(stream: SessionStream): void {
    if (stream.isWaiting) return;
    stream.isWaiting = true;
    this.#all.push(stream);
  }

  delete(stream: SessionStream): void {
    if (!stream.isWaiting) return;
    stream.isWaiting = false;
    const at = this.#all.indexOf(stream);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** Each is told, unless more of it waits. */
  tell(): void {
    if (this.#all.length === 0) return;
    const before = this.#all;
    this.#all = [];
    for (const stream of before) {
      // one that was told before may have had it closed
      if (!stream.isWaiting) continue;
      stream.isWaiting = false;
      if (stream.queuedBytes > 0) this.add(stream);
      else stream.user?.onRoom();
    }
  }
}
