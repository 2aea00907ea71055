// In place of the fleet: what is written is live at once, and every script starts.

import type { TenantConfig } from "../../../src/base/config/types.ts";
import { bundleFiles, bundleSent } from "../../../src/control/bundle.ts";
import { sluiceExports } from "../../../src/control/bundle-runtime.ts";
import { Deployer } from "../../../src/control/deploy/deployer.ts";
import { Replays } from "../../../src/control/deploy/replays.ts";
import type { BundleUpload } from "../../../src/control/deploy/upload.ts";
import {
  type ApplyResult,
  type Live,
  type LiveChange,
  type LiveTenant,
  NO_CERTIFICATES,
  NO_SCRIPTS,
  type TenantProcesses,
  type TenantsChange,
} from "../../../src/control/live.ts";
import type { Replay } from "../../../src/control/replay.ts";
import type { Store } from "../../../src/control/store/store.ts";
import { Captures } from "../../../src/fleet/main/captures.ts";

/** Live as soon as it is written, unless it is told to refuse. */
export class InstantLive implements Live {
  refusal: ApplyResult | null = null;
  #tenants = new Map<string, LiveTenant>();
  #last: Promise<unknown> = Promise.resolve();

  add(config: TenantConfig, origin: LiveTenant["origin"]): void {
    const id = config.name;
    this.#tenants.set(config.name, {
      ...{ id, config, origin },
      ...{ scripts: NO_SCRIPTS, certificates: NO_CERTIFICATES },
    });
  }

  tenants(): readonly LiveTenant[] {
    return [...this.#tenants.values()];
  }

  /** Tenants whose processes have died too often. */
  readonly died = new Set<string>();

  enable(tenant: string): boolean {
    return this.died.delete(tenant);
  }

  processesOf(tenant: string): TenantProcesses {
    const wasDied = this.died.has(tenant);
    return { breaker: wasDied ? "open" : "closed", isAlone: wasDied };
  }

  apply({ tenant, plan, scripts, write }: LiveChange): Promise<ApplyResult> {
    return this.change({
      plan: async (tenants) => {
        const config = await plan(tenants);
        const now = this.#tenants.get(tenant);
        if (now === undefined) throw new TypeError(`${tenant} does not serve`);
        const running = (await scripts?.(now.scripts)) ?? now.scripts;
        return new Map([[tenant, { ...now, config, scripts: running }]]);
      },
      write,
    });
  }

  change(change: TenantsChange): Promise<ApplyResult> {
    const done = this.#last.then(() => this.#change(change));
    this.#last = done.catch(() => {});
    return done;
  }

  async #change({ plan, write }: TenantsChange): Promise<ApplyResult> {
    const planned = await plan(this.tenants());
    if (this.refusal !== null) return this.refusal;
    if (write === undefined) return { ok: true, revision: 1 };
    const revision = (await write()) ?? 1;
    for (const [name, tenant] of planned) {
      if (tenant === null) this.#tenants.delete(name);
      else this.#tenants.set(name, tenant);
    }
    return { ok: true, revision };
  }
}

/** Every script starts, and has no hooks. */
export function deploying(store: Store, live: Live) {
  const captures = new Captures(async () => {});
  const bundle: BundleUpload = async (_tenant, upload) => {
    const { entry } = upload;
    if ("bundle" in upload) return bundleSent(upload.bundle, entry);
    return await bundleFiles(upload.files, { entry, sluiceExports: await sluiceExports() });
  };
  const replay: Replay = async ({ captures: all }) =>
    all.map(({ id }) => ({ id, result: "same", difference: null, reason: "" }));
  const replays = new Replays({ store, live, bundle, captures, replay });
  const deployer = new Deployer({
    store,
    live,
    bundle,
    validate: async () => ({
      ok: true,
      hooks: [],
      startedMs: 1,
      bodies: { request: 0, response: 0 },
      warnings: [],
    }),
    rehearse: async () => [],
    replays,
    onEnd: () => undefined,
  });
  const versionFigures = () => [];
  const testerKey = () => "a key of the test's";
  return {
    deployer,
    captures,
    replays,
    breakerOf: () => "closed" as const,
    versionFigures,
    testerKey,
  };
}
