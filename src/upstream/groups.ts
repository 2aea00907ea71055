// Upstream groups: a name and the peers behind it. A group hands out a peer for each attempt, never
// one that this exchange has tried, and leaves out for a moment those that refused connections. How
// the peers stand is in memory that all workers share (group/layout.ts); which of those that may be
// chosen is, is the policy's to say (group/policy.ts).

import { Eligible } from "./group/eligible.ts";
import { Member, type MemberOptions } from "./group/member.ts";
import type { GroupOptions, HashBy, StickyCookie } from "./group/options.ts";
import { type GroupPlan, wantedOf } from "./group/plan.ts";
import type { Chooser } from "./group/policy.ts";
import { stickyId } from "./group/sticky.ts";
import type { GroupTable } from "./group/table.ts";
import { WaitQueue } from "./group/wait-queue.ts";
import type { Peer, PeerSeats } from "./transport.ts";

/**
 * How long a peer that could not be connected to is left out. Long enough that a restart costs few
 * failed attempts, short enough that nobody waits for a peer that is back.
 */
export const PAUSE_MS = 1_000;

export class UpstreamGroup {
  readonly name: string;
  readonly hashBy: HashBy | null;
  readonly sticky: StickyCookie | null;
  /** Null: it has no limits, so nobody waits. */
  readonly queue: WaitQueue | null;
  /** The last choice failed since every peer that might serve is full. */
  isFull = false;
  readonly #plan: GroupPlan;
  readonly #options: GroupOptions;
  readonly #table: GroupTable;
  readonly #eligible: Eligible;
  #members: readonly Member[] = [];
  /** By priority, the lowest number first. */
  #levels: readonly (readonly Member[])[] = [];
  #epoch = -1;

  constructor(name: string, plan: GroupPlan, options: GroupOptions) {
    this.name = name;
    this.hashBy = options.hashBy;
    this.sticky = options.sticky;
    this.#plan = plan;
    this.#options = options;
    this.#table = options.table;
    this.#eligible = new Eligible(options.warmMs);
    const hasLimits = options.requestsMax + options.connectionsMax > 0;
    const onWake = (): boolean => this.#lendOthers();
    this.queue = hasLimits ? new WaitQueue({ ...options, onWake }) : null;
    this.#refresh();
  }

  get peers(): readonly Peer[] {
    return this.members.map(({ peer }) => peer);
  }

  get members(): readonly Member[] {
    if (this.#table.epoch !== this.#epoch) this.#refresh();
    return this.#members;
  }

  /**
   * A peer for the next attempt, which has begun with that; null when every peer was tried, or
   * (`isFull`) has no room.
   *
   * @param tried   keys of the peers that this exchange has tried
   * @param isTurn  it has waited, and nobody is before it
   */
  next(tried: ReadonlySet<string>, chooser: Chooser = NO_KEY, isTurn = false): Member | null {
    const table = this.#table;
    if (table.epoch !== this.#epoch) this.#refresh();
    this.isFull = !isTurn && this.queue !== null && this.queue.isBusy;
    if (this.isFull) return null;
    const anyPausedUntilMs = table.anyPausedUntilMs;
    const isAnyPaused = anyPausedUntilMs !== 0;
    const nowMs = isAnyPaused || this.#options.warmMs !== 0 ? this.#options.now() : 0;
    if (isAnyPaused && nowMs >= anyPausedUntilMs) table.anyPausedUntilMs = 0;
    const { isPanic } = table;
    for (;;) {
      this.#eligible.begin({ tried, nowMs, isAnyPaused, isPanic });
      const chosen = this.#choose(chooser);
      if (chosen === null) this.isFull = this.#eligible.sawFull;
      if (chosen === null || chosen.enter()) return chosen;
    }
  }

  /** Begins an attempt at the peer that a cookie names; null: it has none, or that cannot serve. */
  nextStuck(tried: ReadonlySet<string>, id: string): Member | null {
    const member = this.members.find(({ address }) => stickyId(this.name, address) === id);
    if (member === undefined) return null;
    const { isPanic, anyPausedUntilMs } = this.#table;
    const isAnyPaused = anyPausedUntilMs !== 0;
    this.#eligible.begin({ tried, nowMs: this.#options.now(), isAnyPaused, isPanic });
    return this.#eligible.acceptsStuck(member) && member.enter() ? member : null;
  }

  #choose(chooser: Chooser): Member | null {
    const chosen = this.#ofLevels(chooser);
    if (chosen !== null || !this.#eligible.sawPaused) return chosen;
    this.#eligible.ignorePauses();
    return this.#ofLevels(chooser);
  }

  /** Backups serve if no peer before them can; those that are only full are waited for. */
  #ofLevels(chooser: Chooser): Member | null {
    const { policy } = this.#options;
    for (const members of this.#levels) {
      const chosen = policy.pick(members, this.#eligible, chooser);
      if (chosen !== null || this.#eligible.sawFull) return chosen;
    }
    return null;
  }

  /** To be told of each peer that could not be connected to. */
  connectFailed(member: Member): void {
    this.#table.pause(member.row, this.#options.now() + PAUSE_MS);
    // it must not catch up in a burst
    member.credit = 0;
  }

  /** To be told when a connection to a peer succeeds after a failure: ends its pause early. */
  connected(member: Member): void {
    if (this.#table.anyPausedUntilMs === 0 || member.pausedUntilMs === 0) return;
    this.#table.pause(member.row, 0);
    member.credit = 0;
  }

  /** Begins a retry, if the budget allows it; the function returned ends it. */
  beginRetry(): (() => void) | null {
    const { retryBudget, worker } = this.#options;
    if (retryBudget === null) return NOTHING;
    const active = this.members.reduce((sum, member) => sum + member.active, 0);
    const max = Math.max(retryBudget.min, Math.floor((active * retryBudget.percent) / 100));
    const table = this.#table;
    if (table.sumOfWorkers("retries") >= max) return null;
    table.addRetry(worker, 1);
    return () => table.addRetry(worker, -1);
  }

  /** Others wait for connections that only rest here. False: none does, or would. */
  #lendOthers(): boolean {
    if (this.#options.connectionsMax === 0) return false;
    let rests = false;
    const isWanted = this.queue?.isBusy === true;
    for (const member of this.#members) {
      if (!member.hasIdle) continue;
      if (isWanted && member.isAtItsConnections) this.#options.closeIdle(member.peer);
      rests ||= member.hasIdle;
    }
    return rests;
  }

  /** The peers are others now, or weigh otherwise. Those that stay keep what is known of them. */
  #refresh(): void {
    const { epoch } = this.#table;
    const text = this.#table.read();
    if (text === null) return;
    this.#epoch = epoch;
    const before = new Map(this.#members.map((member) => [member.address, member]));
    const members = wantedOf(this.#plan.peers, text).flatMap(({ address, as, priority }) => {
      const row = text.rows.indexOf(address);
      if (row === -1) return [];
      const known = before.get(address);
      if (known?.row === row && known.priority === priority) return [known];
      return [this.#member(as, { address, row, priority })];
    });
    this.#members = members;
    const priorities = [...new Set(members.map(({ priority }) => priority))].sort((a, b) => a - b);
    this.#levels = priorities.map((one) => members.filter(({ priority }) => priority === one));
    this.#options.policy.changed(members);
  }

  #member(as: string | null, place: MemberPlace): Member {
    const { policy } = this.#options;
    const toPeer = (seats: PeerSeats | null): Peer => this.#plan.peerAt(place.address, as, seats);
    const onIdle = (): void => this.queue?.listen();
    const { measures } = policy;
    return new Member(toPeer, { ...this.#options, ...place, measures, onIdle });
  }
}

type MemberPlace = Pick<MemberOptions, "address" | "row" | "priority">;

const NO_KEY: Chooser = { hashKey: () => null };
const NOTHING = (): void => {};
