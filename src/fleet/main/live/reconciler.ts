// The desired state of the proxy, and the one way to it. File, admin API, start and handover each
// say what is to be live; the reconciler has every worker prepare it, makes it durable, and has
// every worker swap. A failure before it is durable leaves everything as it was. Once it is durable
// it is the desired state, whatever fails: a worker that does not get there is replaced by one that
// does (worker-slot.ts).

import type { Config } from "../../../base/config/types.ts";
import type { FoundHooks } from "../../../control/deploy/history.ts";
import type { GroupControls } from "../../../upstream/control/group-controls.ts";
import { hooksOf } from "../../../wire/phases.ts";
import type { Generation } from "../../shared/messages.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import type { Feed } from "./feed.ts";
import { type Generations, type Roster, withOut } from "./roster.ts";

/** What is to be live. */
export interface DesiredState {
  readonly config: Config;
  readonly roster: Roster;
  /** Of the store in which it is written down, or that it was worked out from. 0: there is none. */
  readonly revision: number;
}

/**
 * Makes it durable: every worker is ready by then, and none serves it. Resolves to the revision of
 * the store by it; null: it is there already, or need not be.
 */
export type Write = (found: FoundHooks) => Promise<number | null>;

export interface ReconcilerOptions {
  readonly pool: Pick<
    WorkerPool,
    "begin" | "prepare" | "abandon" | "commit" | "hooks" | "generation"
  >;
  readonly generations: Generations;
  /** How their peers stand follows what serves. */
  readonly groups: Pick<GroupControls, "serve">;
  /** Told of what is written. */
  readonly feed: Pick<Feed, "begin">;
  /** What the pool was made with. */
  readonly first: DesiredState;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #whenGone: ((tenant: string) => void)[] = [];
  #desired: DesiredState;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#desired = options.first;
  }

  get desired(): DesiredState {
    return this.#desired;
  }

  /** Told of each tenant that is no more: one of its name that comes later is another one. */
  whenGone(told: (tenant: string) => void): void {
    this.#whenGone.push(told);
  }

  /** Every worker gets ready. What cannot start is out of service, whatever is wanted later. */
  async start(): Promise<FoundHooks> {
    const { pool, groups } = this.#options;
    await pool.begin();
    groups.serve(pool.generation.tenants);
    const out = new Map(
      pool.generation.tenants.flatMap(({ config, scripts }) =>
        scripts
          .filter((one) => one.isDisabled)
          .map((one) => [keyOf(config.name, one.version), one.reason] as const),
      ),
    );
    const roster = withOut(this.#desired.roster, (...which) => out.get(keyOf(...which)) ?? null);
    this.#desired = { ...this.#desired, roster };
    return foundHooks(pool.generation, pool.hooks);
  }

  /** What a start found new is made durable, once every worker is ready. */
  async keep(write: Write, found: FoundHooks): Promise<void> {
    const written = await write(found);
    using _stored = this.#options.feed.begin(written);
    if (written !== null) this.#desired = { ...this.#desired, revision: written };
  }

  /** What is out of service stays so, whoever reads the store again: until it is enabled. */
  stillOut(roster: Roster): Roster {
    return withOut(roster, (tenant, version) => {
      const versions = this.#desired.roster.get(tenant)?.scripts.versions ?? [];
      return versions.find((one) => one.version === version && one.isDisabled)?.reason ?? null;
    });
  }

  /** The store's history is another one: what it says next counts, whatever its revision. */
  startOver(): void {
    this.#desired = { ...this.#desired, revision: 0 };
  }

  /** Under the change lock. Throws NotReadyError, or what `write` threw; nothing has changed. */
  async bring(desired: DesiredState, write: Write): Promise<Generation> {
    const { roster, config } = desired;
    const { pool, generations, groups, feed } = this.#options;
    this.#expectNew(desired);
    const generation = generations.of(roster, config);
    await pool.prepare(generation);
    let written: number | null;
    try {
      written = await write(foundHooks(generation, pool.hooks));
    } catch (thrown) {
      await pool.abandon(generation);
      throw thrown;
    }
    using _stored = feed.begin(written);
    const before = this.#desired.roster;
    this.#desired = { roster, config, revision: written ?? desired.revision };
    try {
      await pool.commit(generation);
    } finally {
      groups.serve(generation.tenants);
      const gone = [...before].filter(([name, { id }]) => roster.get(name)?.id !== id);
      for (const [, { id }] of gone) for (const told of this.#whenGone) told(id);
    }
    return generation;
  }

  /** What was worked out from less than what serves by now would take the rest back. */
  #expectNew({ revision }: DesiredState): void {
    const { revision: now } = this.#desired;
    if (revision >= now) return;
    const message = `Cannot go live: expected what the store says at revision ${now} or later`;
    throw new NotReadyError(`${message}, got what ${revision} said`, false);
  }

  /** Under the change lock. Throws NotReadyError unless every worker could serve it. */
  async check(desired: DesiredState): Promise<void> {
    const { roster, config } = desired;
    const { pool, generations } = this.#options;
    this.#expectNew(desired);
    const generation = generations.of(roster, config);
    await pool.prepare(generation);
    await pool.abandon(generation);
  }
}

const keyOf = (tenant: string, version: number): string => `${tenant}@${version}`;

/** @param masks  by the hash of a script, of what a worker has prepared for this generation */
const foundHooks =
  ({ tenants }: Generation, masks: ReadonlyMap<string, number>): FoundHooks =>
  (tenant, version) => {
    const spec = tenants.find(({ config }) => config.name === tenant);
    const script = spec?.scripts.find((one) => one.version === version);
    return hooksOf(masks.get(script?.hash ?? "") ?? 0);
  };
