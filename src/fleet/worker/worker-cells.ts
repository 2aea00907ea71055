// The cells as one worker knows them: a link to each, the lanes of its deployments, and which
// tenant is where. It does what the main thread orders.

import type { Socket } from "node:net";
import { ownerText } from "../../base/config/operator.ts";
import { ReadTap } from "../../base/read-tap.ts";
import { CellLane } from "../../sandbox/cell/cell-lane.ts";
import type { CellLaneOptions } from "../../sandbox/cell/cell-lane-options.ts";
import { CellLink } from "../../sandbox/cell/cell-link.ts";
import type { CounterNote } from "../../sandbox/cell/counter-notes.ts";
import { PIPE_LIMITS } from "../../sandbox/cell/limits.ts";
import type { PipeMessage } from "../../sandbox/cell/pipe.ts";
import type { CellCounts } from "../../state/cell-counts.ts";
import type { LimitMerge } from "../../state/limit-merge.ts";
import type { Blamed, CellEnds, CellLoad, CellNews, CellOrder } from "../shared/cell-messages.ts";
import { CellHolds } from "./cell-holds.ts";
import { socketPair } from "./socket-pair.ts";
import { type RouteOrder, TenantWays } from "./tenant-ways.ts";

interface OpenCell {
  readonly link: CellLink;
  /** The cell's ends, until it has them. */
  readonly far: readonly Socket[];
}

/** For whom a lane counts. */
interface LaneOwner {
  readonly tenant: string;
  readonly countersMax: number;
}

interface HeldLane extends LaneOwner {
  readonly key: number;
  readonly lane: CellLane;
}

/** Lanes that were disposed of, and may have had a turn under way. */
const GONE_MAX = 1_000;

export interface NewLane
  extends Omit<CellLaneOptions, "key" | "lane" | "count" | "limit" | "disposed"> {
  /** Counters that the tenant may have. */
  readonly countersMax: number;
  /** Of the tenant; null: it has no rate limits. */
  readonly rateLimits: LimitMerge | null;
}

export class WorkerCells {
  readonly #worker: number;
  readonly #counts: CellCounts;
  readonly #tell: (news: CellNews) => void;
  readonly #cells = new Map<number, OpenCell>();
  readonly #ways = new TenantWays();
  /** By their number. */
  readonly #lanes = new Map<number, HeldLane>();
  readonly #gone = new Map<number, LaneOwner>();
  readonly #holds: CellHolds;
  #loads: ReadonlyMap<string, CellLoad> = new Map();
  #lastLane = 0;

  constructor(worker: number, counts: CellCounts, tell: (news: CellNews) => void) {
    this.#worker = worker;
    this.#counts = counts;
    this.#tell = tell;
    this.#holds = new CellHolds(worker, (tenant) => this.#linkOf(tenant));
    setInterval(() => this.look(performance.now()), PIPE_LIMITS.turnLookMs).unref();
  }

  /** Deployments that lanes may be made for from now on. */
  know(loads: readonly CellLoad[]): void {
    this.#loads = new Map(loads.map((load) => [nameOf(load.tenant, load.hash), load]));
    const held = [...this.#lanes.values(), ...loads].map(({ tenant }) => tenant);
    this.#holds.keep(new Set(held));
  }

  /** Every now and then: a cell that keeps a turn for ever is ended. */
  look(nowMs: number): void {
    const late = new Set([...this.#lanes.values()].map(({ lane }) => lane.overdueAt(nowMs)));
    for (const [cell, { link }] of this.#cells) {
      if (late.has(link)) this.#tell({ type: "fault", cell, message: "nothing of a turn" });
    }
  }

  load(tenant: string, hash: string): CellLoad {
    const load = this.#loads.get(nameOf(tenant, hash));
    if (load === undefined) throw new Error(`no cell has the script of ${ownerText(tenant)}`);
    return load;
  }

  lane({ tenant, key }: CellLoad, { countersMax, rateLimits, ...options }: NewLane): CellLane {
    const number = ++this.#lastLane;
    const lane = new CellLane({
      ...options,
      key,
      lane: number,
      count: (note) => this.#counts.apply(tenant, note, countersMax),
      limit: rateLimits === null ? null : this.#holds.taker(tenant, rateLimits),
      disposed: () => {
        this.#lanes.delete(number);
        this.#laneGone(number, { tenant, countersMax });
        this.#tell({ type: "held", key, by: -1 });
      },
    });
    this.#lanes.set(number, { tenant, key, lane, countersMax });
    this.#tell({ type: "held", key, by: 1 });
    const { route, isMoving } = this.#ways.of(tenant);
    if (route?.type === "refuse") lane.refuse(route.failure);
    else if (route !== null && !isMoving) this.#attach(lane, route.cell, null);
    return lane;
  }

  async obey(order: CellOrder): Promise<CellEnds | null> {
    switch (order.type) {
      case "open":
        return await this.#open(order.cell);
      case "opened":
        for (const socket of this.#cells.get(order.cell)?.far ?? []) socket.destroy();
        return null;
      case "ended":
        await this.#ended(order.cell);
        return null;
      case "freeze":
        await this.#freeze(order.tenant);
        return null;
      case "route":
      case "refuse":
        this.#follow(order);
        return null;
      case "forget":
        for (const tenant of order.tenants) this.#forget(tenant);
        return null;
    }
  }

  /** No cell is heard any more, nor told anything. */
  close(): void {
    for (const { link, far } of this.#cells.values()) {
      link.close();
      for (const socket of far) socket.destroy();
    }
    this.#cells.clear();
  }

  async #open(cell: number): Promise<CellEnds> {
    const tap = new ReadTap();
    const [toCell, fromCell] = await Promise.all([socketPair(), socketPair(tap)]);
    const sockets = { toCell: toCell.near, fromCell: fromCell.near, tap };
    const link = new CellLink(sockets, {
      receive: (message, from) => this.#receive(message, from),
      fault: ({ message }) => this.#tell({ type: "fault", cell, message }),
    });
    this.#cells.set(cell, { link, far: [toCell.far, fromCell.far] });
    return { input: toCell.descriptor, output: fromCell.descriptor };
  }

  /** Its lanes know when all that it wrote has been read, and wait for where to go. */
  async #ended(cell: number): Promise<void> {
    const open = this.#cells.get(cell);
    if (open === undefined) return;
    for (const socket of open.far) socket.destroy();
    await open.link.ended;
    open.link.close();
    this.#cells.delete(cell);
    for (const tenant of this.#ways.cellGone(cell)) {
      for (const { lane } of this.#lanesOf(tenant)) lane.detach();
    }
  }

  async #freeze(tenant: string): Promise<void> {
    this.#ways.moves(tenant);
    await Promise.all(this.#lanesOf(tenant).map(({ lane }) => lane.freeze()));
    this.#ways.hasLeft(tenant);
  }

  #follow(route: RouteOrder): void {
    const { tenant } = route;
    this.#ways.follow(route);
    if (route.type === "route") this.#holds.tellAll(tenant);
    for (const { lane, key, number } of this.#lanesOf(tenant)) {
      if (route.type === "refuse") lane.refuse(route.failure);
      // of others nothing runs any more: they have been refused, and stay so
      else if (route.keys.includes(key))
        this.#attach(lane, route.cell, this.#concerns(route.blamed, number));
    }
  }

  /** Null: another lane's turn was running. */
  #concerns(blamed: Blamed | null, lane: number): Blamed | null {
    return blamed?.worker === this.#worker && blamed.lane === lane ? blamed : null;
  }

  #attach(lane: CellLane, cell: number, death: Blamed | null): void {
    const open = this.#cells.get(cell);
    // it is older than this worker: the tenant moves soon
    if (open !== undefined) lane.attach(open.link, death);
  }

  /** A cell's word counts for turns that it was given itself: lanes of others are not its own. */
  #receive(message: PipeMessage, from: CellLink): boolean {
    const held = this.#lanes.get(message.lane);
    if (held?.lane.receive(message, from) === true) return true;
    const owner = held ?? this.#gone.get(message.lane);
    if (owner !== undefined) this.#unwanted(message, owner, from);
    return false;
  }

  /**
   * Nobody waits for its results. The cell goes on from what it has counted and decided: if that
   * were forgotten here, the next cell would give the same numbers again. From one that the tenant
   * has left it comes too late, and another's is told nothing, not even whose the lane is.
   */
  #unwanted(message: PipeMessage, { tenant, countersMax }: LaneOwner, from: CellLink): void {
    if (this.#linkOf(tenant) !== from) return;
    this.#holds.unwanted(message, tenant, from);
    if (this.#ways.of(tenant).hasLeft) return;
    this.#holds.decided(message, tenant);
    const count = (note: CounterNote): boolean => this.#counts.apply(tenant, note, countersMax);
    this.#ways.unwantedOf(tenant).take(message, count);
  }

  #laneGone(lane: number, owner: LaneOwner): void {
    this.#gone.set(lane, owner);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > GONE_MAX && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** Null: its turns go nowhere. */
  #linkOf(tenant: string): CellLink | null {
    const cell = this.#ways.cellOf(tenant);
    return cell === null ? null : (this.#cells.get(cell)?.link ?? null);
  }

  #forget(tenant: string): void {
    this.#ways.forget(tenant);
    this.#counts.forget(tenant);
  }

  #lanesOf(tenant: string): (HeldLane & { readonly number: number })[] {
    return [...this.#lanes]
      .filter(([, held]) => held.tenant === tenant)
      .map(([number, held]) => ({ ...held, number }));
  }
}

const nameOf = (tenant: string, hash: string): string => `${tenant}\0${hash}`;
