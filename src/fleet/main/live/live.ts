// What the control plane sees and changes of what is live: tenants, their versions and shares, and
// the processes of those in cells.

import type { Config } from "../../../base/config/types.ts";
import type {
  ApplyResult,
  Live,
  LiveChange,
  LiveTenant,
  TenantProcesses,
  TenantsChange,
} from "../../../control/live.ts";
import type { CellFleet } from "../../cells/cell-fleet.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import type { ChangeLock } from "./change-lock.ts";
import type { Reconciler } from "./reconciler.ts";
import { withTenants } from "./roster.ts";

export interface FleetLiveOptions {
  readonly reconciler: Reconciler;
  readonly cells: Pick<CellFleet, "enable" | "trustOf">;
  readonly lock: ChangeLock;
}

export class FleetLive implements Live {
  readonly #options: FleetLiveOptions;

  constructor(options: FleetLiveOptions) {
    this.#options = options;
  }

  /** Of the file, as it serves. */
  get config(): Config {
    return this.#options.reconciler.desired.config;
  }

  /** Told of each tenant that is no more: one of its name that comes later is another one. */
  whenGone(told: (tenant: string) => void): void {
    this.#options.reconciler.whenGone(told);
  }

  tenants(): readonly LiveTenant[] {
    return [...this.#options.reconciler.desired.roster.values()];
  }

  tenant(name: string): LiveTenant | undefined {
    return this.#options.reconciler.desired.roster.get(name);
  }

  enable(tenant: string): boolean {
    return this.#options.cells.enable(this.tenant(tenant)?.id ?? "");
  }

  processesOf(tenant: string): TenantProcesses | null {
    const found = this.tenant(tenant);
    return found?.config.isolation === "process" ? this.#options.cells.trustOf(found.id) : null;
  }

  apply({ tenant: name, plan, scripts, write }: LiveChange): Promise<ApplyResult> {
    return this.change({
      plan: async (tenants) => {
        const config = await plan(tenants);
        const now = this.tenant(name);
        if (now === undefined) throw new TypeError(`a change of ${name}, which does not serve`);
        const running = (await scripts?.(now.scripts)) ?? now.scripts;
        return new Map([[name, { ...now, config, scripts: running }]]);
      },
      write,
    });
  }

  change({ plan, write }: TenantsChange): Promise<ApplyResult> {
    const { lock, reconciler } = this.#options;
    return lock.run(async () => {
      if (lock.closed !== null) return refusal("closed", lock.closed);
      const changes = await plan(this.tenants());
      const { roster, ...rest } = reconciler.desired;
      const wanted = { ...rest, roster: withTenants(roster, changes) };
      try {
        if (write === undefined) await reconciler.check(wanted);
        else {
          await reconciler.bring(wanted, async () => {
            // a successor that is being started may not read it any more
            lock.expectUnsealed();
            return await write();
          });
        }
        return { ok: true, revision: reconciler.desired.revision };
      } catch (thrown) {
        if (!(thrown instanceof NotReadyError)) throw thrown;
        if (lock.isSealed) return refusal("closed", lock.closed ?? thrown.message);
        return { ...refusal("prepare", thrown.message), isTimeout: thrown.isTimeout };
      }
    });
  }
}

const refusal = (step: "prepare" | "closed", problem: string) =>
  ({ ok: false, step, isTimeout: false, problems: problem.split("\n") }) as const;
