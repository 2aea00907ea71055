// What is held for one call: all that it has asked of the host, until that is answered and holds
// nothing any more; and the time until which it may wait.

import { type Link, LinkedList } from "../base/linked-list.ts";
import type { HostCall } from "./host-call.ts";

/** One ask. */
export class OpenAsk implements Link<OpenAsk> {
  readonly id: number;
  readonly owner: Held;
  before: OpenAsk | null = null;
  after: OpenAsk | null = null;
  waitsForClient: boolean;
  hostCall: HostCall | null = null;
  isAnswered = false;
  /** Whatever it still says is said to nobody. */
  isOver = false;

  constructor(id: number, owner: Held, waitsForClient: boolean) {
    this.id = id;
    this.owner = owner;
    this.waitsForClient = waitsForClient;
  }
}

export class Held implements Link<Held> {
  readonly callId: number;
  readonly open = new LinkedList<OpenAsk>();
  before: Held | null = null;
  after: Held | null = null;
  /** Those among whom it waits; null: its time does not run. */
  waits: { remove(held: Held): void } | null = null;
  /** On the clock of `monotonicMs`. */
  dueMs = 0;

  constructor(callId: number) {
    this.callId = callId;
  }
}
