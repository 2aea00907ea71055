// Takes over what another table of a tenant's rate limits reports (limit-notes.ts). The sender may
// be hostile: it can change this tenant's limits, as the tenant's scripts can, and nothing else.

import { EVICTED } from "../wire/limits/layout.ts";
import type { Hold } from "./limit-holds.ts";
import { isInFlight } from "./limit-names.ts";
import type { LimitGroup, LimitNews } from "./limit-notes.ts";
import type { LimitTable } from "./limit-table.ts";

export class LimitMerge {
  readonly #table: LimitTable;
  readonly #most: number;
  /** Numbers by names: a look into the table costs microseconds. */
  readonly #ids = new Map<string, number>();

  /** @param most  limits that the tenant may name */
  constructor(table: LimitTable, most: number) {
    this.#table = table;
    this.#most = most;
  }

  take({ evicted, groups }: LimitNews): void {
    if (evicted > 0) this.#add(EVICTED, evicted);
    for (const group of groups) this.#take(group, this.#idOf(group));
  }

  /** The same from a cell: what it has let in is held by requests of that worker. */
  takeFromCell(news: LimitNews, worker: number): Hold[] {
    this.take(news);
    return news.groups.flatMap((group) => {
      const id = group.holds.length === 0 ? 0 : this.#idOf(group);
      if (id <= 0) return [];
      const holds = group.holds.map((told) => this.#table.holds.add({ ...told, id }, worker, 1));
      return holds.filter((hold) => hold !== null);
    });
  }

  /** Null: none of the limits is one of requests in flight. */
  heldBy(worker: number): LimitNews | null {
    return this.#table.heldBy(worker);
  }

  /** That is all that requests of that worker hold, or of the process before this one. */
  setHolds(worker: number, { groups }: LimitNews): void {
    const held = groups.flatMap((group) => {
      const id = group.holds.length === 0 ? 0 : this.#idOf(group);
      return id <= 0 ? [] : group.holds.map((told) => ({ ...told, id }));
    });
    this.#table.holds.setWorker(worker, held);
  }

  /** What all workers hold, for a cell that lets in more. */
  takeHolds({ groups }: LimitNews): void {
    for (const group of groups) {
      const id = this.#idOf(group);
      if (id <= 0) continue;
      for (const { low, high, worker, count } of group.holds) {
        this.#table.holds.add({ id, low, high }, worker, count);
      }
    }
  }

  #take(group: LimitGroup, id: number): void {
    if (id <= 0) return;
    if (group.allowed > 0) this.#add(2 * (id - 1), group.allowed);
    if (group.refused > 0) this.#add(2 * (id - 1) + 1, group.refused);
    for (const slot of group.slots) this.#table.slots.merge(id, slot);
  }

  #add(at: number, count: number): void {
    Atomics.add(this.#table.memory.totals, at, BigInt(count));
  }

  #idOf({ name, rule }: LimitGroup): number {
    const key = isInFlight(rule) ? `in flight ${name}` : name;
    const known = this.#ids.get(key);
    if (known !== undefined && this.#table.isLimit(known, name, rule)) return known;
    const id = this.#table.idOf(name, rule, this.#most);
    if (id > 0) this.#ids.set(key, id);
    return id;
  }
}
