// What a process and its successor say to each other, on the channel that Node opens between a
// parent and its child:
//
//   predecessor ── inherit: sockets, counters, limits, revision ──▶ successor
//   predecessor ── cache: memoryCache, in pieces, and then what changes ──▶ successor
//   predecessor ◀── ready, or failed: why ─────── successor
//   predecessor ── counters: what came since ───▶ successor        (each second, and at the end)
//   predecessor ── limits: as they are ─────────▶ successor        (once it serves, and at the end;
//                                                   what requests hold, whenever that has changed)
//   predecessor ── closed: no request begins there any more ──▶ successor, which takes changes now
//
// If the predecessor is told to end meanwhile:
//
//   predecessor ── given up ──▶ successor, which ends like it

import type { Address } from "../../base/config/address.ts";
import type { Revision } from "../../control/store/records.ts";
import type { CacheNews } from "../../state/cache-messages.ts";
import type { CounterValue } from "../../state/counters.ts";
import type { LimitsOfTenant } from "../../state/limit-tables.ts";
import type { GroupNews } from "../../upstream/control/group-news.ts";

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
  readonly limits: readonly LimitsOfTenant[];
  /** What limits of all proxies are told under. */
  readonly run: string;
  /** How the peers of all groups stand. */
  readonly groups: readonly GroupNews[];
  /** Of the store, which the predecessor serves. */
  readonly revision: Revision;
}

export type ToSuccessor =
  | ({ readonly type: "inherit" } & HandoverPayload)
  | { readonly type: "counters"; readonly deltas: readonly CounterValue[] }
  /** What rate limits count now, and all that requests hold; or the latter alone. */
  | { readonly type: "limits"; readonly limits: readonly LimitsOfTenant[] }
  | { readonly type: "cache"; readonly news: CacheNews }
  | { readonly type: "closed" }
  | { readonly type: "given up" };

export type FromSuccessor =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string };
