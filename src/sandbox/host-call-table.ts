// What the host can be asked for, as a table: kind → how it begins, and whether it has acted on the
// world.

import type { TurnCall } from "./call.ts";
import type { Asked, GiveAnswer, HostAsk, HostCall } from "./host-call.ts";

export interface HostCallKind {
  /** Whether it does something that cannot be undone: the call that asked is not run again then. */
  acts(asked: Asked): boolean;
  /** Its answer comes when the client has sent something: who waits too long waits for that. */
  readonly waitsForClient: boolean;
  /** Null: our runtime would not have asked for that. */
  start(call: TurnCall, ask: HostAsk, answer: GiveAnswer): HostCall | null;
}

/** By the numbers of ASK in wire/asks.ts. */
export type HostCallTable = Readonly<Record<number, HostCallKind>>;
