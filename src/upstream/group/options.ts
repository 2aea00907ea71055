// What a group is made with, besides its peers.

import { machineMs } from "../../base/clock.ts";
import type { Peer } from "../transport.ts";
import type { GroupSeat } from "./member.ts";
import type { BalancePolicy } from "./policy.ts";

export interface GroupOptions extends GroupSeat {
  /** Identity of the tenant, and name of the group; empty: it is nobody's. */
  readonly owner: string;
  readonly policy: BalancePolicy;
  /** What a hash is made of; null: nothing. */
  readonly hashBy: HashBy | null;
  readonly sticky: StickyCookie | null;
  /** For one peer, of all workers; 0: no limit. */
  readonly requestsMax: number;
  readonly connectionsMax: number;
  /** Requests that wait for a peer, and how long. */
  readonly queuedMax: number;
  readonly waitMs: number;
  /** How long a peer that comes back takes to get its whole share. */
  readonly warmMs: number;
  /** Null: no budget. */
  readonly retryBudget: RetryBudget | null;
  /** Ends one idle connection to the peer: another worker waits for it. */
  readonly closeIdle: (peer: Peer) => void;
  /** Milliseconds on the clock that all threads share. */
  readonly now: () => number;
}

export interface HashBy {
  readonly by: "address" | "header" | "cookie" | "script";
  /** Of the header, in lower case, or of the cookie. */
  readonly name: string;
}

export interface StickyCookie {
  readonly name: string;
  /** What follows the value: `; Path=/; HttpOnly`. */
  readonly attributes: string;
}

/** Retries under way, of the requests under way. */
export interface RetryBudget {
  readonly percent: number;
  /** Whatever the percentage says. */
  readonly min: number;
}

/** Of a group about which the configuration says no more than its peers. */
export const PLAIN: Omit<GroupOptions, "policy" | "table"> = {
  owner: "",
  hashBy: null,
  sticky: null,
  requestsMax: 0,
  connectionsMax: 0,
  queuedMax: 0,
  waitMs: 0,
  warmMs: 0,
  retryBudget: null,
  worker: 0,
  closeIdle: () => {},
  now: machineMs,
};
