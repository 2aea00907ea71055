// What serves, and how it changes: prepared on every worker, made durable, then swapped everywhere.
// A failure before the swap leaves everything as it was.

import type { Config, TenantConfig } from "../base/config/types.ts";
import type { FoundHooks } from "../control/deploy/history.ts";
import {
  type ApplyResult,
  type Live,
  type LiveChange,
  type LiveTenant,
  NO_SCRIPTS,
  type TenantProcesses,
} from "../control/live.ts";
import { foundHooks } from "./found-hooks.ts";
import type { Generation } from "./messages.ts";
import { NotReadyError } from "./not-ready.ts";
import { type Generations, type Roster, withOut, withTenant } from "./roster.ts";
import type { Turns } from "./turns.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface FleetLiveOptions {
  readonly pool: Pick<WorkerPool, "prepare" | "abandon" | "commit" | "cells" | "hooks">;
  readonly turns: Turns;
  readonly generations: Generations;
  readonly config: Config;
  readonly roster: Roster;
}

export class FleetLive implements Live {
  readonly #options: FleetLiveOptions;
  #config: Config;
  #roster: Roster;
  #gone: (tenant: string) => void = () => undefined;

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
  whenGone(told: (tenant: string) => void): void {
    this.#gone = told;
  }

  tenants(): readonly LiveTenant[] {
    return [...this.#roster.values()];
  }

  tenant(name: string): LiveTenant | undefined {
    return this.#roster.get(name);
  }

  enable(tenant: string): boolean {
    return this.#options.pool.cells.enable(tenant);
  }

  processesOf(tenant: string): TenantProcesses | null {
    if (this.#roster.get(tenant)?.config.isolation !== "process") return null;
    return this.#options.pool.cells.standingOf(tenant);
  }

  /** What could not start with the process is out of service, also for what changes from now on. */
  begun({ tenants }: Generation): void {
    const out = new Set(
      tenants.flatMap(({ config, scripts }) =>
        scripts.filter((one) => one.isDisabled).map((one) => keyOf(config.name, one.version)),
      ),
    );
    this.#roster = withOut(this.#roster, (...which) => out.has(keyOf(...which)));
  }

  /** What is out of service stays so, whoever reads the store again: until it is enabled. */
  stillOut(roster: Roster): Roster {
    const isOut = (tenant: string, version: number): boolean =>
      this.#roster
        .get(tenant)
        ?.scripts.versions.some((one) => one.version === version && one.isDisabled) ?? false;
    return withOut(roster, isOut);
  }

  apply(change: LiveChange): Promise<ApplyResult> {
    const { turns } = this.#options;
    return turns.take(async () => {
      if (turns.closed !== null) return refusal("closed", turns.closed);
      const roster = await this.#planned(change);
      try {
        const write = (): Promise<void> => change.write();
        const { number } = await this.swap({ roster, config: this.#config, write });
        return { ok: true, generation: number };
      } catch (thrown) {
        if (!(thrown instanceof NotReadyError)) throw thrown;
        return { ...refusal("prepare", thrown.message), isTimeout: thrown.isTimeout };
      }
    });
  }

  /** For one who has its turn. Throws NotReadyError, or what `write` threw; nothing has changed. */
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
    for (const name of this.#roster.keys()) if (!roster.has(name)) this.#gone(name);
    this.#roster = roster;
    this.#config = config;
    return generation;
  }

  async #planned(change: LiveChange): Promise<Roster> {
    const { tenant: name } = change;
    const now = this.#roster.get(name);
    const config = await change.plan(this.tenants());
    if (config === null) return withTenant(this.#roster, name, null);
    const running = now?.scripts ?? NO_SCRIPTS;
    const scripts = (await change.scripts?.(running)) ?? running;
    const origin = now?.origin ?? "store";
    return withTenant(this.#roster, name, { config: named(config, name), origin, scripts });
  }
}

const keyOf = (tenant: string, version: number): string => `${tenant}@${version}`;

interface Swap {
  readonly roster: Roster;
  readonly config: Config;
  /** Makes it durable: after every worker is ready, before any serves it. */
  readonly write: (found: FoundHooks) => Promise<void>;
}

function named(config: TenantConfig, name: string): TenantConfig {
  if (config.name !== name) throw new TypeError(`a change of ${name} is about ${config.name}`);
  return config;
}

const refusal = (step: "prepare" | "closed", problem: string) =>
  ({ ok: false, step, isTimeout: false, problems: problem.split("\n") }) as const;
