// A peer of a group, as one worker sees it: its row and its own cell in the shared memory, and what
// a choice remembers of it. An attempt enters when it begins and leaves once, with what came of it.

import { monotonicMs } from "../../base/clock.ts";
import type { Peer, PeerSeats } from "../transport.ts";
import { CELL, cellAt, ROW, rowAt } from "./layout.ts";
import { PeakEwma } from "./peak-ewma.ts";
import type { GroupTable } from "./table.ts";

/** What came of an attempt, as far as the peer is to be praised or blamed for it. */
export type AttemptResult = "answered" | "serverError" | "gatewayError" | "failed";

/** Where a group's memory is, and whose cells are ours. */
export interface GroupSeat {
  readonly table: GroupTable;
  /** From 0. */
  readonly worker: number;
}

/** Whose group it is in, and where. */
export interface MemberPlace {
  /** Identity of the tenant, and name of the group; empty: of none. */
  readonly owner: string;
  /** As the group names it. */
  readonly address: string;
}

/** @param tenant  its identity */
export const ownerOf = (tenant: string, group: string): string => `${tenant} ${group}`;

export interface MemberOptions extends GroupSeat, MemberPlace {
  readonly row: number;
  /** The lowest that has a sound peer serves. */
  readonly priority: number;
  /** Of all workers; 0: no limit. */
  readonly requestsMax: number;
  readonly connectionsMax: number;
  /** It is to be known how long answers take. */
  readonly measures: boolean;
  /** A connection rests here, which another worker may wait for. */
  readonly onIdle: () => void;
}

export class Member implements PeerSeats {
  readonly peer: Peer;
  readonly owner: string;
  readonly address: string;
  readonly row: number;
  readonly priority: number;
  /** Of round robin. */
  credit = 0;
  readonly latency = new PeakEwma();
  readonly #table: GroupTable;
  readonly #words: Int32Array;
  readonly #cell: number;
  readonly #row: number;
  readonly #requestsMax: number;
  readonly #connectionsMax: number;
  readonly #measures: boolean;
  readonly #onIdle: () => void;

  /** @param toPeer  makes the peer, which knows its seats where connections are limited */
  constructor(toPeer: (seats: PeerSeats | null) => Peer, options: MemberOptions) {
    const { table, worker, row } = options;
    this.owner = options.owner;
    this.address = options.address;
    this.row = row;
    this.priority = options.priority;
    this.#table = table;
    this.#words = table.words;
    this.#cell = cellAt(table.shared, worker, row);
    this.#row = rowAt(row);
    this.#requestsMax = options.requestsMax;
    this.#connectionsMax = options.connectionsMax;
    this.#measures = options.measures;
    this.#onIdle = options.onIdle;
    this.peer = toPeer(options.connectionsMax === 0 ? null : this);
  }

  isAt({ owner, address }: MemberPlace): boolean {
    return this.owner === owner && this.address === address;
  }

  /** Bits of STANDING; 0: it takes requests. */
  get standing(): number {
    return this.#words[this.#row + ROW.standing]!;
  }

  get weight(): number {
    return this.#words[this.#row + ROW.weight]!;
  }

  get pausedUntilMs(): number {
    return this.#table.pausedUntilMs(this.row);
  }

  /** Since when it takes a growing share; 0: it takes all of it. */
  get warmSinceMs(): number {
    return this.#table.warmSinceMs(this.row);
  }

  /** Attempts under way, of all workers. */
  get active(): number {
    return this.#table.sum(this.row, "active");
  }

  /** One more would be too many, or would need a connection too many. */
  get isFull(): boolean {
    const words = this.#words;
    const requests = words[this.#row + ROW.requests]!;
    if (this.#requestsMax !== 0 && requests >= this.#requestsMax) return true;
    if (this.#connectionsMax === 0 || words[this.#cell + CELL.idle]! > 0) return false;
    return words[this.#row + ROW.connections]! >= this.#connectionsMax;
  }

  /** A connection to it rests in this worker. */
  get hasIdle(): boolean {
    return this.#words[this.#cell + CELL.idle]! > 0;
  }

  get isAtItsConnections(): boolean {
    return this.#words[this.#row + ROW.connections]! >= this.#connectionsMax;
  }

  /** When an attempt begins whose time is to be known; 0: nobody wants to know. */
  startMs(): number {
    return this.#measures ? monotonicMs() : 0;
  }

  /** Begins an attempt. False: others have been faster, and it is full. */
  enter(): boolean {
    const isClaimed = this.#requestsMax === 0 || this.#claim("requests", this.#requestsMax);
    if (isClaimed) this.#words[this.#cell + CELL.active]! += 1;
    return isClaimed;
  }

  /** Ends one that was begun. */
  leave(): void {
    this.#words[this.#cell + CELL.active]! -= 1;
    if (this.#requestsMax !== 0) this.#giveBack("requests");
  }

  /** What came of an attempt. @param startMs  as `startMs` said when it began */
  tell(result: AttemptResult, startMs: number): void {
    if (startMs !== 0) this.latency.add(monotonicMs() - startMs, result === "answered");
    this.#words[this.#cell + COUNTED[result]]! += 1;
    if (result === "answered") this.#succeeded();
    else this.#failed(result !== "serverError");
  }

  #succeeded(): void {
    const words = this.#words;
    const at = this.#row;
    if (words[at + ROW.failures] !== 0) Atomics.store(words, at + ROW.failures, 0);
    if (words[at + ROW.gatewayFailures] !== 0) Atomics.store(words, at + ROW.gatewayFailures, 0);
  }

  #failed(isGateway: boolean): void {
    Atomics.add(this.#words, this.#row + ROW.failures, 1);
    if (isGateway) Atomics.add(this.#words, this.#row + ROW.gatewayFailures, 1);
    else Atomics.store(this.#words, this.#row + ROW.gatewayFailures, 0);
  }

  // Its connections, where they are limited: told by the pool.

  takeConnection(): boolean {
    return this.#claim("connections", this.#connectionsMax);
  }

  giveBackConnection(): void {
    this.#giveBack("connections");
  }

  idleChanged(by: 1 | -1): void {
    this.#words[this.#cell + CELL.idle]! += by;
    if (by === -1) return;
    this.#table.wakeIfAnyWaits();
    this.#onIdle();
  }

  /**
   * A thread ends where a loop begins again or a function is entered: the claim and who has it are
   * written in one line after the other, so that a worker that dies takes nothing with it.
   */
  #claim(what: "requests" | "connections", max: number): boolean {
    const words = this.#words;
    const at = this.#row + ROW[what];
    const own = this.#cell + CELL[what];
    for (;;) {
      const taken = Atomics.load(words, at);
      if (taken >= max) return false;
      if (Atomics.compareExchange(words, at, taken, taken + 1) !== taken) continue;
      Atomics.add(words, own, 1);
      return true;
    }
  }

  #giveBack(what: "requests" | "connections"): void {
    Atomics.sub(this.#words, this.#cell + CELL[what], 1);
    Atomics.sub(this.#words, this.#row + ROW[what], 1);
    this.#table.wakeIfAnyWaits();
  }
}

/** By the status of an answer. */
export function resultOf(status: number): AttemptResult {
  if (status < 500) return "answered";
  return status >= 502 && status <= 504 ? "gatewayError" : "serverError";
}

const COUNTED = {
  answered: CELL.answered,
  serverError: CELL.serverErrors,
  gatewayError: CELL.gatewayErrors,
  failed: CELL.failures,
} as const;
