// The groups of all tenants, by the tenants' identities, as the main thread controls them. Workers
// get their memory.

import type { UpstreamConfig } from "../../base/config/types.ts";
import type { SharedGroup } from "../group/table.ts";
import { GroupControl } from "./group-control.ts";
import type { GroupNews } from "./group-news.ts";

/** A tenant that serves, as far as its groups go. */
export interface ServedTenant {
  readonly id: string;
  readonly config: { readonly name: string; readonly upstreams: readonly UpstreamConfig[] };
}

export interface ServedGroup {
  /** Name of the tenant, for people. */
  readonly tenant: string;
  readonly id: string;
  readonly control: GroupControl;
  readonly config: UpstreamConfig;
}

export class GroupControls {
  readonly #workers: number;
  readonly #groups = new Map<string, Map<string, GroupControl>>();
  #served: readonly ServedGroup[] = [];

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Those that serve. */
  get served(): readonly ServedGroup[] {
    return this.#served;
  }

  find(id: string, name: string): ServedGroup | null {
    return this.#served.find((one) => one.id === id && one.control.name === name) ?? null;
  }

  /** Memory of each group, in their order: of a generation that may serve. */
  prepare(id: string, upstreams: readonly UpstreamConfig[]): SharedGroup[] {
    return upstreams.map((config) => this.#of(id, config.name).prepare(config));
  }

  /** These serve, and no others. */
  serve(tenants: readonly ServedTenant[]): void {
    const ids = new Set(tenants.map(({ id }) => id));
    for (const id of this.#groups.keys()) if (!ids.has(id)) this.#groups.delete(id);
    this.#served = tenants.flatMap(({ id, config: { name: tenant, upstreams } }) =>
      upstreams.map((config) => {
        const control = this.#of(id, config.name);
        if (control.config !== config) control.serve(config);
        return { tenant, id, control, config };
      }),
    );
  }

  /** @param worker  from 0: it is gone, with what it had under way */
  forgetWorker(worker: number): void {
    for (const groups of this.#groups.values()) {
      for (const group of groups.values()) group.forgetWorker(worker);
    }
  }

  news(): GroupNews[] {
    return [...this.#groups].flatMap(([tenant, groups]) =>
      [...groups.values()].map((group) => group.news(tenant)),
    );
  }

  takeOver(all: readonly GroupNews[]): void {
    for (const news of all) this.#of(news.tenant, news.name).takeOver(news);
  }

  #of(id: string, name: string): GroupControl {
    const groups = this.#groups.get(id) ?? new Map<string, GroupControl>();
    this.#groups.set(id, groups);
    const group = groups.get(name) ?? new GroupControl(name, this.#workers);
    groups.set(name, group);
    return group;
  }
}
