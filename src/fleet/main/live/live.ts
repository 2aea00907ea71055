// What is live, and how it changes: every worker prepares it, it is made durable, then every
// worker swaps. A failure before the swap leaves everything as it was.

import type { Config } from "../../../base/config/types.ts";
import type { FoundHooks } from "../../../control/deploy/history.ts";
import type {
  ApplyResult,
  Live,
  LiveChange,
  LiveTenant,
  TenantProcesses,
  TenantsChange,
} from "../../../control/live.ts";
import { hooksOf } from "../../../wire/phases.ts";
import type { Generation } from "../../shared/messages.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import type { ChangeLock } from "./change-lock.ts";
import { type Generations, type Roster, withOut, withTenants } from "./roster.ts";

export interface FleetLiveOptions {
  readonly pool: Pick<
    WorkerPool,
    "prepare" | "abandon" | "commit" | "cells" | "hooks" | "generation"
  >;
  readonly lock: ChangeLock;
  readonly generations: Generations;
  readonly config: Config;
  readonly roster: Roster;
}

export class FleetLive implements Live {
  readonly #options: FleetLiveOptions;
  #config: Config;
  #roster: Roster;
  readonly #whenGone: ((id: string) => void)[] = [];

  constructor(options: FleetLiveOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#roster = options.roster;
  }

  /** Of the file, as it serves. */
  get config(): Config {
    return this.#config;
  }

  /** Told of each tenant that is no more: one of its name that comes later is another one. */
  whenGone(told: (id: string) => void): void {
    this.#whenGone.push(told);
  }

  tenants(): readonly LiveTenant[] {
    return [...this.#roster.values()];
  }

  tenant(name: string): LiveTenant | undefined {
    return this.#roster.get(name);
  }

  enable(tenant: string): boolean {
    return this.#options.pool.cells.enable(this.#roster.get(tenant)?.id ?? "");
  }

  processesOf(tenant: string): TenantProcesses | null {
    const found = this.#roster.get(tenant);
    if (found?.config.isolation !== "process") return null;
    return this.#options.pool.cells.trustOf(found.id);
  }

  /** What could not start with the process is out of service, also for what changes from now on. */
  begun({ tenants }: Generation): void {
    const out = new Map(
      tenants.flatMap(({ config, scripts }) =>
        scripts
          .filter((one) => one.isDisabled)
          .map((one) => [keyOf(config.name, one.version), one.reason] as const),
      ),
    );
    this.#roster = withOut(this.#roster, (...which) => out.get(keyOf(...which)) ?? null);
  }

  /** What is out of service stays so, whoever reads the store again: until it is enabled. */
  stillOut(roster: Roster): Roster {
    return withOut(roster, (tenant, version) => {
      const versions = this.#roster.get(tenant)?.scripts.versions ?? [];
      return versions.find((one) => one.version === version && one.isDisabled)?.reason ?? null;
    });
  }

  apply({ tenant: name, plan, scripts, write }: LiveChange): Promise<ApplyResult> {
    return this.change({
      plan: async (tenants) => {
        const config = await plan(tenants);
        const now = this.#roster.get(name);
        if (now === undefined) throw new TypeError(`a change of ${name}, which does not serve`);
        const running = (await scripts?.(now.scripts)) ?? now.scripts;
        return new Map([[name, { ...now, config, scripts: running }]]);
      },
      write,
    });
  }

  change({ plan, write }: TenantsChange): Promise<ApplyResult> {
    const { lock } = this.#options;
    return lock.run(async () => {
      if (lock.closed !== null) return refusal("closed", lock.closed);
      const roster = withTenants(this.#roster, await plan(this.tenants()));
      try {
        const swap = { roster, config: this.#config };
        const number = write === undefined ? await this.#try(swap) : await this.#go(swap, write);
        return { ok: true, generation: number };
      } catch (thrown) {
        if (!(thrown instanceof NotReadyError)) throw thrown;
        return { ...refusal("prepare", thrown.message), isTimeout: thrown.isTimeout };
      }
    });
  }

  /** Under the change lock. Throws NotReadyError, or what `write` threw; nothing has changed. */
  async swap({ roster, config, write }: Swap): Promise<Generation> {
    const { pool, generations } = this.#options;
    const generation = generations.of(roster, config);
    await pool.prepare(generation);
    try {
      await write(foundHooks(generation, pool.hooks));
    } catch (thrown) {
      await pool.abandon(generation);
      throw thrown;
    }
    await pool.commit(generation);
    const gone = [...this.#roster].filter(([name, { id }]) => roster.get(name)?.id !== id);
    this.#roster = roster;
    this.#config = config;
    for (const [, { id }] of gone) for (const told of this.#whenGone) told(id);
    return generation;
  }

  async #go(wanted: Omit<Swap, "write">, write: () => Promise<void>): Promise<number> {
    const { number } = await this.swap({ ...wanted, write: () => write() });
    return number;
  }

  /** Whether every worker could serve it. */
  async #try({ roster, config }: Omit<Swap, "write">): Promise<number> {
    const { pool, generations } = this.#options;
    const generation = generations.of(roster, config);
    await pool.prepare(generation);
    await pool.abandon(generation);
    return pool.generation.number;
  }
}

const keyOf = (tenant: string, version: number): string => `${tenant}@${version}`;

interface Swap {
  readonly roster: Roster;
  readonly config: Config;
  /** Makes it durable: after every worker is ready, before any serves it. */
  readonly write: (found: FoundHooks) => Promise<void>;
}

const refusal = (step: "prepare" | "closed", problem: string) =>
  ({ ok: false, step, isTimeout: false, problems: problem.split("\n") }) as const;

/** @param masks  by the hash of a script, of what a worker has prepared for this generation */
export const foundHooks =
  ({ tenants }: Generation, masks: ReadonlyMap<string, number>): FoundHooks =>
  (tenant, version) => {
    const spec = tenants.find(({ config }) => config.name === tenant);
    const script = spec?.scripts.find((one) => one.version === version);
    return hooksOf(masks.get(script?.hash ?? "") ?? 0);
  };
