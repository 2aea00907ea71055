// The memory in which workers see a group. It may be another one for the next configuration, which
// needs more room and may never serve: until one of the two does, the main thread writes both.

import { machineMs } from "../../base/clock.ts";
import { type GroupSize, STANDING } from "../group/layout.ts";
import { GroupTable, type GroupText } from "../group/table.ts";
import type { ControlledPeer, PeerStanding } from "./controlled-peer.ts";

export class GroupMemory {
  readonly #workers: number;
  #table: GroupTable;
  /** Null: there is room enough. */
  #next: GroupTable | null = null;

  constructor(size: GroupSize) {
    this.#workers = size.workers;
    this.#table = GroupTable.make(size);
  }

  /** That serves. */
  get table(): GroupTable {
    return this.#table;
  }

  /** What workers see, and may see soon. */
  get tables(): readonly GroupTable[] {
    return this.#next === null ? [this.#table] : [this.#table, this.#next];
  }

  get rows(): number {
    return (this.#next ?? this.#table).shared.rows;
  }

  /** Memory with that many rows, in which all stand as they do. */
  withRoom(
    rows: number,
    { peers, isServing }: { peers: readonly ControlledPeer[]; isServing: boolean },
  ): GroupTable {
    const found = this.tables.find(({ shared }) => shared.rows >= rows);
    if (found !== undefined) return found;
    const made = GroupTable.make({ rows, workers: this.#workers });
    if (isServing) this.#next = made;
    else this.#table = made;
    for (const peer of peers) this.show(peer);
    return made;
  }

  /** A configuration serves that needs so many rows. */
  serve(rows: number): void {
    if (this.#next !== null && this.#table.shared.rows < rows) this.#table = this.#next;
    this.#next = null;
  }

  show(peer: ControlledPeer): void {
    for (const table of this.#with(peer.row)) {
      table.set(peer.row, "weight", peer.ownWeight ?? peer.weight);
      table.set(peer.row, "standing", bitsOf(peer));
    }
  }

  /** The peer has just come, or come back. */
  warm(row: number): void {
    for (const table of this.#with(row)) table.setWarmSince(row, machineMs());
  }

  clear(row: number): void {
    for (const table of this.#with(row)) table.clearRow(row);
  }

  write(peers: readonly ControlledPeer[], edits: Omit<GroupText, "rows" | "weights">): void {
    for (const table of this.tables) {
      const rows = new Array<string>(table.shared.rows).fill("");
      const weights = rows.map(() => 0);
      for (const { address, row, weight, ownWeight } of peers) {
        if (row >= rows.length) continue;
        rows[row] = address;
        weights[row] = ownWeight ?? weight;
      }
      table.write({ rows, weights, ...edits });
    }
  }

  #with(row: number): readonly GroupTable[] {
    return this.tables.filter(({ shared }) => row < shared.rows);
  }
}

/** As STANDING has them. */
export function bitsOf({ admin, health, ejectedUntilMs }: PeerStanding): number {
  const own = admin === "disabled" ? STANDING.disabled : 0;
  const draining = admin === "draining" ? STANDING.draining : 0;
  const down = health === "down" || health === "checking" ? STANDING.down : 0;
  return own | draining | down | (ejectedUntilMs === 0 ? 0 : STANDING.ejected);
}
