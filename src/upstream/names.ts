// Whose names are asked for, and whom. Those of the configuration are the operating system's to
// answer (/etc/hosts counts, and whatever else it knows), from the start on, and never forgotten.
// It answers two questions at a time for the whole process (libuv gives getaddrinfo half of its
// threads), so names that scripts choose are asked for otherwise (name-servers.ts): whatever a
// script asks for, it holds up nobody's name but its own tenant's.

import { lookup as askSystem } from "node:dns";
import { isIP } from "node:net";
import type { UpstreamLimits } from "./limits.ts";
import { askNameServers } from "./name-servers.ts";
import { type Lookup, NameTable } from "./name-table.ts";
import type { Peer } from "./transport.ts";

export interface NamesOptions {
  readonly limits: UpstreamLimits;
  /** For names of the configuration. */
  readonly lookup?: Lookup | undefined;
  /** For names of scripts. */
  readonly scriptLookup?: Lookup | undefined;
  readonly now?: (() => number) | undefined;
}

export class Names {
  readonly #limits: UpstreamLimits;
  readonly #now: () => number;
  readonly #scriptLookup: Lookup;
  readonly #configured: NameTable;
  /** Of the tenants whose scripts choose names, in the order of their last use. */
  readonly #tenants = new Map<string, NameTable>();
  readonly #end = new AbortController();

  constructor({ limits, lookup = lookUp, scriptLookup, now = monotonicMs }: NamesOptions) {
    this.#limits = limits;
    this.#now = now;
    this.#scriptLookup = scriptLookup ?? askNameServers(limits, { signal: this.#end.signal });
    const { namesMax } = limits;
    const queriesMax = Number.POSITIVE_INFINITY;
    this.#configured = new NameTable({ limits, namesMax, queriesMax, lookup, now });
  }

  /** The configuration's names: asked for at once, and there from now on. */
  keep(peers: Iterable<Pick<Peer, "host">>): void {
    const names = new Set<string>();
    for (const { host } of peers) if (host !== "" && isIP(host) === 0) names.add(host);
    this.#configured.keep(names);
  }

  /** Where the peer's name is asked for. */
  tableFor({ tenant }: Peer): NameTable {
    if (tenant === null) return this.#configured;
    const table = this.#tenants.get(tenant) ?? this.#makeTable();
    this.#tenants.delete(tenant);
    this.#tenants.set(tenant, table);
    return table;
  }

  /** Gives up the questions of scripts; the operating system's are not to be given up. */
  end(): void {
    this.#end.abort();
  }

  #makeTable(): NameTable {
    if (this.#tenants.size >= this.#limits.nameTablesMax) this.#evict();
    return new NameTable({
      limits: this.#limits,
      namesMax: this.#limits.namesPerTenantMax,
      queriesMax: this.#limits.queriesPerTenantMax,
      lookup: this.#scriptLookup,
      now: this.#now,
    });
  }

  /** One that asks is in use; there are no more of those than tenants. */
  #evict(): void {
    for (const [tenant, table] of this.#tenants) {
      if (table.isAsking) continue;
      this.#tenants.delete(tenant);
      return;
    }
  }
}

const monotonicMs = (): number => performance.now();

const lookUp: Lookup = (name, done) => {
  askSystem(name, { all: true, order: "verbatim" }, (error, found = []) => {
    done(
      error,
      found.map(({ address }) => address),
    );
  });
};
