// Ways back for tenants whose processes are out of service: the breaker's time is up, somebody
// enables the tenant, or the tenant runs another script than the one that died. A tenant with
// another script is tried before the breaker's time, on sterner terms (tenant-trust.ts), and
// nothing of what ran before runs beside it.
//
// A new version number or new shares do not make another script; another bundle, or another limit
// or environment, does.
//
//     7: 100 %             ──▶  8: 100 %            if 8 is another bundle
//     7: 90 %, 8: 10 %     ──▶  7: 100 %            8 is gone
//     7: 100 %, 8: 0 %     ──▶  7: 0 %, 8: 100 %    8 gets clients
//     7: 100 %             ──▶  7: 100 %, 8: 0 %    no: 7 goes on, and 8 is for testers

import type { Generation } from "../shared/messages.ts";
import { type CellEntries, wantedOf } from "./cell-entries.ts";
import type { CellMoves } from "./cell-moves.ts";
import type { TenantPlace, TenantPlaces } from "./places.ts";
import type { TenantTrust } from "./tenant-trust.ts";

export interface ReturnOptions {
  readonly places: TenantPlaces;
  readonly trust: TenantTrust;
  readonly entries: CellEntries;
  readonly moves: CellMoves;
}

export class ReturnToService {
  readonly #options: ReturnOptions;

  constructor(options: ReturnOptions) {
    this.#options = options;
  }

  /** False: it was in service. */
  enable(tenant: string): boolean {
    const { trust, places } = this.#options;
    const wasOut = trust.enable(tenant);
    const place = places.get(tenant);
    if (wasOut && place !== undefined) void this.#settle(place);
    return wasOut;
  }

  /** Tenants whose time has come. To be called often. */
  sweep(): void {
    const { trust, places, moves } = this.#options;
    for (const tenant of trust.sweep()) {
      const place = places.get(tenant);
      const cell = place?.cell ?? null;
      if (place === undefined) continue;
      if (cell !== null) void moves.move(place, cell);
      else void this.#settle(place);
    }
  }

  /** Another generation serves. Resolves when requests get to the scripts that are tried for it. */
  async changed(before: Generation | null, now: Generation): Promise<void> {
    const { trust, places } = this.#options;
    const settled = trust.out().map(async (tenant) => {
      const place = places.get(tenant);
      if (place === undefined || !runsOther(tenant, before, now)) return;
      trust.tryOther(tenant);
      this.#drop(place, now);
      await this.#settle(place);
    });
    await Promise.all(settled);
  }

  /** Under the place's mutex: into a cell, for a trial; with requests, unless they are refused. */
  async house(place: TenantPlace): Promise<void> {
    const { trust, moves } = this.#options;
    if (trust.isOut(place.tenant)) await moves.lodge(place);
    else await moves.settle(place);
  }

  /** A worker is new, and knows nothing of those that are in no cell. */
  tellAgain(): void {
    const { places, moves } = this.#options;
    for (const place of places.all()) {
      if (place.cell !== null || place.deployments.size === 0) continue;
      void place.mutex.run(async () => {
        if (place.cell === null) await moves.settle(place);
      });
    }
  }

  /** Trials are over: whose requests are refused is in no cell. */
  leave(): void {
    const { trust, places, moves } = this.#options;
    for (const tenant of trust.out()) {
      const place = places.get(tenant);
      if (place === undefined) continue;
      void place.mutex.run(async () => {
        if (trust.isOut(tenant)) await moves.moveOut(place);
      });
    }
  }

  #settle(place: TenantPlace): Promise<void> {
    return place.mutex.run(() => this.#options.moves.settle(place));
  }

  /** What ran and is not in the generation: a hook of it that began would be the next death. */
  #drop(place: TenantPlace, now: Generation): void {
    const { entries } = this.#options;
    const kept = new Set(entries.wantedOf(now, place.tenant).map(({ key }) => key));
    for (const key of place.deployments.keys()) {
      if (kept.has(key)) continue;
      place.deployments.delete(key);
      place.cell?.process.tell({ type: "unload", key });
      const entry = entries.get(key);
      if (entry !== undefined) entries.delete(entry);
    }
  }
}

/** What serves. */
type ServedTenants = Pick<Generation, "tenants">;

export function runsOther(
  tenant: string,
  before: ServedTenants | null,
  now: ServedTenants,
): boolean {
  const old = programsOf(tenant, before);
  const fresh = programsOf(tenant, now);
  const isNews = ([program, serves]: [string, boolean]): boolean =>
    serves && old.get(program) !== true;
  const isLess = ([program, serves]: [string, boolean]): boolean =>
    !fresh.has(program) || (serves && fresh.get(program) !== true);
  return fresh.size > 0 && ([...fresh].some(isNews) || [...old].some(isLess));
}

/** All that runs in cells for the tenant, as texts, and whether it has clients. */
function programsOf(tenant: string, generation: ServedTenants | null): Map<string, boolean> {
  const programs = new Map<string, boolean>();
  if (generation === null) return programs;
  for (const { spec, script } of wantedOf(generation)) {
    if (spec.id !== tenant) continue;
    const { env, limits } = spec.config;
    const program = JSON.stringify([env, limits, script.bundle.code]);
    programs.set(program, script.percent > 0 || programs.get(program) === true);
  }
  return programs;
}
