// What a worker had counted when it said so last, for who looks while it is busy. If its numbers
// were missing from one look, all of them would come back in the next, and look like a burst.

import type { WorkerReply } from "../../shared/messages.ts";

/** Says how many workers answer. */
const ANSWERS = "sluice_workers";

export class LastCounted {
  #last: WorkerReply | null = null;

  /** @param reply  null: it does not answer now. Returns null if it never has. */
  upTo(reply: WorkerReply | null): WorkerReply | null {
    if (reply?.type !== "metrics") return this.#last;
    const snapshot = reply.snapshot.filter(({ name }) => name !== ANSWERS);
    this.#last = { type: "metrics", snapshot };
    return reply;
  }
}
