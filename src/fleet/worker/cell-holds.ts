// What requests of this worker hold of in-flight limits that a cell decides: the cell lets them in,
// and the worker gives back. Both counts agree, since the cell is told of each end; when a tenant
// moves, its next cell is told of all that is held. What a cell reports to a lane that was disposed
// of is given back at once.

import type { CellLink } from "../../sandbox/cell/cell-link.ts";
import { BLANK, PIPE, type PipeMessage } from "../../sandbox/cell/pipe.ts";
import { ANY_SERIAL, type Hold } from "../../state/limit-holds.ts";
import type { LimitMerge } from "../../state/limit-merge.ts";
import { decodeLimitNews, encodeLimitNews, type LimitNews } from "../../state/limit-notes.ts";

interface Key {
  readonly low: number;
  readonly high: number;
  readonly serial: number;
}

export class CellHolds {
  readonly #worker: number;
  readonly #linkOf: (tenant: string) => CellLink | null;
  readonly #limits = new Map<string, LimitMerge>();

  constructor(worker: number, linkOf: (tenant: string) => CellLink | null) {
    this.#worker = worker;
    this.#linkOf = linkOf;
  }

  /** For a lane of that tenant: takes what its cell tells, and returns what is held of it. */
  taker(tenant: string, limits: LimitMerge): (news: LimitNews) => Hold[] {
    this.#limits.set(tenant, limits);
    return (news) =>
      limits.takeFromCell(news, this.#worker).map((hold) => ({
        ...hold,
        release: () => {
          const isGivenBack = hold.release();
          if (isGivenBack) this.#left(tenant, { ...hold, serial: ANY_SERIAL });
          return isGivenBack;
        },
      }));
  }

  /** No others are there any more. */
  keep(tenants: ReadonlySet<string>): void {
    for (const tenant of this.#limits.keys()) {
      if (!tenants.has(tenant)) this.#limits.delete(tenant);
    }
  }

  /** The tenant's turns go to another cell from now on: before any of them. */
  tellAll(tenant: string): void {
    const news = this.#limits.get(tenant)?.heldBy(this.#worker) ?? null;
    if (news === null) return;
    const limits = encodeLimitNews(news);
    this.#linkOf(tenant)?.send({ ...BLANK, kind: PIPE.HELD, text: tenant, limits });
  }

  /** Nobody waits for what the cell told: no request has what it let in. */
  unwanted({ limits }: PipeMessage, tenant: string, from: CellLink): void {
    if (limits.length === 0) return;
    for (const { holds } of decodeLimitNews(limits)?.groups ?? []) {
      for (const hold of holds) leave(from, tenant, hold);
    }
  }

  /** What the cell has decided stands all the same. */
  decided({ limits }: PipeMessage, tenant: string): void {
    const news = limits.length === 0 ? null : decodeLimitNews(limits);
    if (news !== null) this.#limits.get(tenant)?.take(news);
  }

  #left(tenant: string, key: Key): void {
    const link = this.#linkOf(tenant);
    if (link !== null) leave(link, tenant, key);
  }
}

function leave(link: CellLink, tenant: string, { low, high, serial }: Key): void {
  const words = Int32Array.of(low, high, serial, 0, 0, 0);
  link.send({ ...BLANK, kind: PIPE.LEFT, text: tenant, words, count: 1 });
}
