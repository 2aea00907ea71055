// The deployments that cells run, by number. An entry is made when a generation brings a new
// script. It is given up when no generation names it and no worker has a lane for it. Cells know
// tenants by their identities, so a tenant of the same name that comes later inherits no counters
// and no strikes.

import { nameOfIdentity } from "../../base/identity.ts";
import type { CellDeployment } from "../../sandbox/cell/control.ts";
import { startFailure } from "../../sandbox/death.ts";
import type { CellLoad, HookSet } from "../shared/cell-messages.ts";
import type { Generation, ScriptSpec, TenantSpec } from "../shared/messages.ts";
import { NotReadyError, startProblem } from "../shared/start-errors.ts";
import type { TriedResult } from "./cell-words.ts";
import type { TenantPlace } from "./places.ts";

export interface Entry {
  readonly key: number;
  readonly hash: string;
  readonly deployment: CellDeployment;
  readonly map: string;
  /** What it exports; null: it has not been tried yet. */
  hooks: HookSet | null;
  /** Lanes, by worker. */
  readonly holders: Map<number, number>;
}

/** A script of a generation, with its tenant. */
export interface Wanted {
  readonly spec: TenantSpec;
  readonly script: ScriptSpec;
}

export class CellEntries {
  readonly #byKey = new Map<number, Entry>();
  readonly #byName = new Map<string, Entry>();
  #lastKey = 0;

  get(key: number): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** The script's, made if it is new. */
  of({ spec: { id, config }, script }: Wanted): Entry {
    const name = nameOf(id, script.hash);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const { code, map } = script.bundle;
    const { limits } = config;
    const key = ++this.#lastKey;
    const deployment: CellDeployment = {
      key,
      tenant: id,
      script: { code },
      env: config.env,
      limits,
      hookMs: limits.hookMs,
      memoryMiB: limits.memoryMiB,
      startupMs: limits.startupMs,
    };
    const entry = { key, hash: script.hash, deployment, map, hooks: null, holders: new Map() };
    this.#byKey.set(key, entry);
    this.#byName.set(name, entry);
    return entry;
  }

  delete({ key, hash, deployment }: Entry): void {
    this.#byKey.delete(key);
    this.#byName.delete(nameOf(deployment.tenant, hash));
  }

  /** What workers must know of those that have been tried. */
  loads(): CellLoad[] {
    const loads: CellLoad[] = [];
    for (const { key, hash, deployment, hooks } of this.#byKey.values()) {
      if (hooks !== null) loads.push({ tenant: deployment.tenant, hash, key, hooks });
    }
    return loads;
  }

  held(worker: number, key: number, by: number): void {
    const holders = this.#byKey.get(key)?.holders;
    if (holders === undefined) return;
    const lanes = (holders.get(worker) ?? 0) + by;
    if (lanes > 0) holders.set(worker, lanes);
    else holders.delete(worker);
  }

  workerGone(worker: number): void {
    for (const { holders } of this.#byKey.values()) holders.delete(worker);
  }

  /** Those that neither these generations nor a lane needs. */
  unused(generations: readonly Generation[]): Entry[] {
    const wanted = new Set(generations.flatMap(wantedOf).map(this.#nameOf));
    return [...this.#byKey.values()].filter(
      ({ hash, deployment, holders }) =>
        holders.size === 0 && !wanted.has(nameOf(deployment.tenant, hash)),
    );
  }

  /** The tenant's in the generation. */
  wantedOf(generation: Generation, tenant: string): Entry[] {
    return wantedOf(generation)
      .filter(({ spec }) => spec.id === tenant)
      .map((one) => this.of(one));
  }

  readonly #nameOf = ({ spec, script }: Wanted): string => nameOf(spec.id, script.hash);
}

/** Scripts of a generation that run in cells. */
export function wantedOf({ tenants }: Pick<Generation, "tenants">): Wanted[] {
  return tenants
    .filter(({ config }) => config.isolation === "process")
    .flatMap((spec) => spec.scripts.map((script) => ({ spec, script })))
    .filter(({ script }) => !script.isDisabled);
}

const nameOf = (tenant: string, hash: string): string => `${tenant}\0${hash}`;

/** Under the place's mutex. Throws NotReadyError. */
export async function tryScript(
  place: TenantPlace,
  { key, deployment, map }: Entry,
): Promise<HookSet> {
  const { cell, deployments } = place;
  const tenant = nameOfIdentity(place.tenant);
  const refusal = (reason: string): NotReadyError =>
    new NotReadyError(startProblem(tenant, reason, null), false);
  if (cell === null) throw refusal("too many other scripts have a process of their own");
  let result: TriedResult;
  try {
    result = await cell.process.load(deployment, false);
  } catch {
    throw refusal("its top level did not end, or ended its process");
  }
  if (result === null) throw refusal("its cell said nothing");
  if ("error" in result) {
    const { stack } = result.error;
    const message = startFailure(result.error.message, deployment);
    throw new NotReadyError(startProblem(tenant, message, { stack, map }), false);
  }
  deployments.set(key, deployment);
  return result;
}
