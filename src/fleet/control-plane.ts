// The control plane of a running proxy: deployments and who gets them, with what it needs of the
// fleet. There is one where there is a store.

import type { BreakerReport } from "../control/api/parts.ts";
import { Deployer } from "../control/deploy/deployer.ts";
import { Guardian } from "../control/deploy/guardian.ts";
import type { TakeBack } from "../control/deploy/take-back.ts";
import type { Store } from "../control/store/store.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { BreakerState } from "../phases/standing.ts";
import type { RuntimeCode } from "../sandbox/engine.ts";
import { systemSandbox } from "./cells/sandbox.ts";
import { ScratchCells } from "./cells/scratch.ts";
import type { FleetLive } from "./live.ts";
import type { VersionTally } from "./messages.ts";
import { rehearse } from "./rehearsal.ts";

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly live: FleetLive;
  readonly runtime: RuntimeCode;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What signs testers' passes for a tenant. */
  readonly testerKey: (tenant: string) => string;
}

export class ControlPlane {
  readonly deployer: Deployer;
  readonly #guardian: Guardian;
  readonly #scratch: Promise<ScratchCells>;
  /** By tenant and version, then by worker. */
  readonly #breakers = new Map<string, Map<number, BreakerState>>();
  readonly #options: ControlPlaneOptions;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { store, live, runtime, metrics } = options;
    this.#scratch = warmScratch(options);
    // who validates is told; nobody else waits for it
    this.#scratch.catch(() => {});
    this.deployer = new Deployer({
      store,
      live,
      validate: async (bundle, limits) => (await this.#scratch).validate(bundle, limits),
      rehearse: (rehearsal) => rehearse(rehearsal, runtime),
      onEnd: (tenant, result) => metrics.counter("sluice_deployments_total", tenant, result).add(),
    });
    this.#guardian = new Guardian({
      store,
      live,
      onTakenBack: (what, error) => this.#takenBack(what, error),
    });
  }

  /** How the breakers of a version stand, worst first. */
  readonly breakersOf = (tenant: string, version: number): BreakerReport => {
    const states = [...(this.#breakers.get(`${tenant}@${version}`)?.values() ?? [])];
    return states.toSorted((a, b) => WORST.indexOf(a) - WORST.indexOf(b));
  };

  /** What resources of the API are made of. */
  get parts() {
    return {
      deployer: this.deployer,
      breakersOf: this.breakersOf,
      testerKey: this.#options.testerKey,
    };
  }

  /** @param worker  index of the worker that says so */
  observe(worker: number, standings: readonly VersionTally[]): void {
    for (const { tenant, version, breaker } of standings) {
      const key = `${tenant}@${version}`;
      const states = this.#breakers.get(key) ?? new Map<number, BreakerState>();
      if (breaker === "closed") states.delete(worker);
      else states.set(worker, breaker);
      if (states.size === 0) this.#breakers.delete(key);
      else this.#breakers.set(key, states);
    }
    this.#guardian.observe(standings, performance.now());
  }

  async close(): Promise<void> {
    const scratch = await this.#scratch.catch(() => null);
    scratch?.close();
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

const WORST: readonly BreakerState[] = ["disabled", "open", "half-open", "closed"];

async function warmScratch({ runtime, live, logger }: ControlPlaneOptions): Promise<ScratchCells> {
  const sandbox = await systemSandbox(live.config.cells.sandbox, logger);
  const cells = new ScratchCells(runtime, sandbox);
  cells.warm();
  return cells;
}
