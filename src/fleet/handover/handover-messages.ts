// What a process and its successor say to each other, on the channel that Node opens between a
// parent and its child:
//
//   predecessor ── inherit: sockets, counters ──▶ successor
//   predecessor ◀── ready, or failed: why ─────── successor
//   predecessor ── counters: what came since ───▶ successor        (each second, and at the end)
//   predecessor ── closed: no request begins there any more ──▶ successor, which takes changes now
//
// If the predecessor is told to end meanwhile:
//
//   predecessor ── given up ──▶ successor, which ends like it

import type { Address } from "../../base/config/address.ts";
import type { CounterValue } from "../../state/counters.ts";

/** A socket that listens, or several on one address. */
export interface InheritedSocket {
  /** As the configuration has it, such as `127.0.0.1:0`. */
  readonly configured: string;
  /** With the port that it got. */
  readonly bound: Address;
  readonly descriptors: readonly number[];
}

/** What a successor begins with. */
export interface HandoverPayload {
  readonly listeners: readonly InheritedSocket[];
  readonly admin: InheritedSocket;
  readonly counters: readonly CounterValue[];
}

export type ToSuccessor =
  | ({ readonly type: "inherit" } & HandoverPayload)
  | { readonly type: "counters"; readonly deltas: readonly CounterValue[] }
  | { readonly type: "closed" }
  | { readonly type: "given up" };

export type FromSuccessor =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string };
