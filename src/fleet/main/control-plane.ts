// The control plane of a running proxy: deployments and their traffic, wired to the fleet. A proxy
// without a store has none.

import { type BreakerState, worst } from "../../base/breaker.ts";
import { Deployer } from "../../control/deploy/deployer.ts";
import { Guardian } from "../../control/deploy/guardian.ts";
import type { Rehearsal } from "../../control/deploy/rehearsal.ts";
import { Replays } from "../../control/deploy/replays.ts";
import { SharedGuardian, type SharedTrials } from "../../control/deploy/shared-guardian.ts";
import type { TakeBack } from "../../control/deploy/take-back.ts";
import type { BundleUpload } from "../../control/deploy/upload.ts";
import { VersionFigures } from "../../control/deploy/version-figures.ts";
import type { LiveTenant } from "../../control/live.ts";
import type { Store } from "../../control/store/store.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { ScriptValues } from "../../sandbox/values.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import { systemSandbox } from "../children/sandbox.ts";
import { TenantSlots } from "../children/tenant-slots.ts";
import type { VersionTally } from "../shared/messages.ts";
import { Bundler } from "../trials/bundler.ts";
import { type RehearsalParts, rehearse } from "../trials/rehearsal.ts";
import { replay } from "../trials/replaying.ts";
import { ScratchCells } from "../trials/scratch.ts";
import { Captures } from "./captures.ts";
import type { ClusterNode } from "./cluster-node.ts";
import type { FleetLive } from "./live/live.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly live: FleetLive;
  readonly pool: Pick<WorkerPool, "tell">;
  readonly runtime: RuntimeCode;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A tenant's flags and secrets. */
  readonly valuesOf: (id: string) => ScriptValues;
  /** What signs testers' passes for a tenant. */
  readonly testerKey: (id: string) => string;
  /** Among those that share the store; null: nobody shares it. */
  readonly node: Pick<ClusterNode, "trials"> | null;
}

export class ControlPlane {
  readonly deployer: Deployer;
  readonly captures: Captures;
  readonly #replays: Replays;
  readonly #guardian: Guardian;
  /** Null: this proxy judges by its own figures. */
  readonly #shared: SharedGuardian | null;
  readonly #figures = new VersionFigures();
  /** What scripts are tried with. */
  readonly #trials: Promise<Trials>;
  /** By the tenant's identity, version and worker; those that are not closed. */
  readonly #breakers = new Map<string, Map<number, Map<number, BreakerState>>>();
  readonly #options: ControlPlaneOptions;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { store, live, metrics, pool, node } = options;
    const captures = new Captures((orders) => pool.tell({ type: "captures", orders }));
    this.captures = captures;
    this.#trials = trialsOf(options);
    // who validates is told; nobody else waits for it
    this.#trials.catch(() => {});
    const bundle: BundleUpload = async (...upload) =>
      (await this.#trials).bundler.bundle(...upload);
    this.#replays = new Replays({
      ...{ store, live, bundle, captures },
      replay: async (request) => replay(request, this.#partsFor(request, await this.#trials)),
    });
    this.deployer = new Deployer({
      store,
      live,
      bundle,
      validate: async (bundle, limits) => (await this.#trials).scratch.validate(bundle, limits),
      rehearse: async (one) => rehearse(one, this.#partsFor(one, await this.#trials)),
      replays: this.#replays,
      onEnd: (tenant, result) => metrics.counter("sluice_deployments_total", tenant, result).add(),
    });
    const trials = node?.trials ?? null;
    this.#guardian = new Guardian({
      ...{ store, live },
      ...(trials === null ? {} : { fence: () => trials.fence }),
      onTakenBack: (what, error) => this.#takenBack(what, error),
    });
    this.#shared = trials === null ? null : this.#sharedBy(trials);
    live.whenGone((id) => this.#forget(id));
  }

  /** In the worker where it stands worst. */
  readonly breakerOf = (tenant: string, version: number): BreakerState => {
    const found = this.#options.live.tenant(tenant);
    if (found === undefined || !runs(found, version)) return "closed";
    return worst(this.#breakers.get(found.id)?.get(version)?.values() ?? []);
  };

  /** What resources of the API are made of. */
  get parts() {
    return {
      deployer: this.deployer,
      replays: this.#replays,
      captures: this.captures,
      breakerOf: this.breakerOf,
      testerKey: this.#options.testerKey,
      versionFigures: (id: string) => this.#figures.of(id, performance.now()),
    };
  }

  /** @param worker  index of the worker that says so */
  observe(worker: number, reports: readonly VersionTally[]): void {
    const tenants = new Map(this.#options.live.tenants().map((one) => [one.id, one]));
    for (const report of reports) {
      const { tenant: id, version, breaker } = report;
      const tenant = tenants.get(id);
      if (tenant === undefined || !runs(tenant, version)) continue;
      this.#figures.add(report, performance.now());
      const versions = this.#breakers.get(id) ?? new Map<number, Map<number, BreakerState>>();
      this.#breakers.set(id, versions);
      const states = versions.get(version) ?? new Map<number, BreakerState>();
      versions.set(version, states);
      if (breaker === "closed") states.delete(worker);
      else states.set(worker, breaker);
      if (states.size === 0) versions.delete(version);
    }
    if (this.#shared === null) this.#guardian.observe(reports, performance.now());
    else this.#shared.observe(reports);
  }

  #sharedBy(trials: SharedTrials): SharedGuardian {
    const onFailed = (error: unknown): void =>
      this.#options.logger.error({ err: error }, "new versions cannot be judged");
    return new SharedGuardian({ trials, guardian: this.#guardian, onFailed });
  }

  #forget(id: string): void {
    this.#breakers.delete(id);
    this.#guardian.forget(id);
    this.#figures.forget(id);
    this.captures.forget(id);
  }

  async close(): Promise<void> {
    this.captures.close();
    await this.#shared?.close();
    const trials = await this.#trials.catch(() => null);
    trials?.scratch.close();
    trials?.bundler.close();
  }

  #partsFor({ tenant }: Pick<Rehearsal, "tenant">, { trial, slots }: Trials): RehearsalParts {
    const { runtime, live, valuesOf } = this.#options;
    const values = valuesOf(live.tenant(tenant.name)?.id ?? "");
    return { runtime, config: live.config, values, trial, slots };
  }

  #takenBack({ tenant, version, reason, failure }: TakeBack, error: unknown): void {
    const { logger, metrics } = this.#options;
    const fields = { tenant, version, reason, request: failure };
    if (error !== null) {
      const why = error instanceof Error ? error.message : String(error);
      logger.error(fields, `a version that fails could not be taken back: ${why}`);
      return;
    }
    metrics.counter("sluice_rollbacks_total", tenant).add();
    logger.error(fields, "a version that fails was taken back");
  }
}

const runs = ({ scripts }: LiveTenant, version: number): boolean =>
  scripts.versions.some((one) => one.version === version);

interface Trials extends Pick<RehearsalParts, "trial" | "slots"> {
  readonly scratch: ScratchCells;
  readonly bundler: Bundler;
}

async function trialsOf({ runtime, live, logger }: ControlPlaneOptions): Promise<Trials> {
  const { sandbox: mode, memoryMiB } = live.config.cells;
  const sandbox = await systemSandbox(mode, logger);
  const trial = { sandbox, memoryBytes: memoryMiB * 1_048_576 };
  const slots = new TenantSlots(CELL_LIMITS.trials);
  const scratch = new ScratchCells({ runtime, ...trial, slots });
  scratch.warm();
  const bundler = new Bundler(sandbox);
  bundler.warm();
  return { trial, slots, scratch, bundler };
}
