// Every tenant of the file and of the store, with what it runs, as the main thread knows it. A
// change makes a new roster. A tenant that the change does not touch keeps its entry, and with it
// what was made of the entry.

import { limitsRequests } from "../../../base/config/policy/limits-requests.ts";
import type { Config } from "../../../base/config/types.ts";
import type { LiveTenant } from "../../../control/live.ts";
import { type LimitTables, namesRateLimits } from "../../../state/limit-tables.ts";
import type { GroupControls } from "../../../upstream/control/group-controls.ts";
import type { CertificateSets, Generation, ScriptSpec, TenantSpec } from "../../shared/messages.ts";
import { scriptHash, tenantSpec } from "../../shared/specs.ts";

import { certificateSpecs } from "./tenant-certificates.ts";

/** By name, in the order in which they are served. */
export type Roster = ReadonlyMap<string, LiveTenant>;

export const rosterOf = (tenants: readonly LiveTenant[]): Roster =>
  new Map(tenants.map((tenant) => [tenant.config.name, tenant]));

/** @param changes  by name; null: gone */
export function withTenants(
  roster: Roster,
  changes: ReadonlyMap<string, LiveTenant | null>,
): Roster {
  const next = new Map(roster);
  for (const [name, tenant] of changes) {
    if (tenant === null) next.delete(name);
    else next.set(name, tenant);
  }
  return next;
}

/** Null: it is in service, as far as that goes. */
type WhyOut = (tenant: string, version: number) => string | null;

/** With these versions out of service, besides those that are. */
export function withOut(roster: Roster, whyOut: WhyOut): Roster {
  const entries = [...roster].map(([name, tenant]): [string, LiveTenant] => {
    const versions = tenant.scripts.versions.map((one) => {
      const reason = one.isDisabled ? null : whyOut(name, one.version);
      return reason === null ? one : { ...one, isDisabled: true, reason };
    });
    const isSame = versions.every((one, i) => one === tenant.scripts.versions[i]);
    return [name, isSame ? tenant : { ...tenant, scripts: { ...tenant.scripts, versions } }];
  });
  return new Map(entries);
}

const certificatesOf = (tenants: readonly LiveTenant[]): CertificateSets =>
  new Map(
    tenants
      .filter(({ certificates }) => certificates.length > 0)
      .map(({ id, certificates }) => [id, certificateSpecs(certificates)]),
  );

export interface GenerationsOptions {
  /** What signs testers' passes for an identity; empty: nothing does. */
  readonly testerKey: (id: string) => string;
  readonly limits: LimitTables;
  readonly groups: GroupControls;
}

export class Generations {
  readonly #options: GenerationsOptions;
  /** Names by index, never taken back: a worker may still run what a change removed. */
  readonly #names: string[] = [];
  readonly #specs = new WeakMap<LiveTenant, TenantSpec>();
  #numbers = 0;

  constructor(options: GenerationsOptions) {
    this.#options = options;
  }

  tenantName(index: number): string | undefined {
    return this.#names[index];
  }

  /** @param config  of the file: what does not concern a single tenant */
  of(roster: Roster, config: Config): Generation {
    const tenants = [...roster.values()];
    return {
      number: ++this.#numbers,
      // what the file says word for word is for the admin API alone
      config: {
        ...config,
        tenants: tenants.map((tenant) => tenant.config),
        tenantSettings: {},
        acme: null,
      },
      tenants: tenants.map((tenant) => this.#specOf(tenant)),
      certificates: certificatesOf(tenants),
    };
  }

  #specOf(tenant: LiveTenant): TenantSpec {
    const known = this.#specs.get(tenant);
    if (known !== undefined) return known;
    const { id, config, scripts } = tenant;
    const { stickyBy, isSuspended } = scripts;
    const spec = tenantSpec({
      id,
      config,
      scripts: scripts.versions.map((version): ScriptSpec => {
        const { name: deployment, code, map, percent } = version;
        const bundle = { tenant: config.name, deployment, code, map };
        const { version: number, isDisabled, reason, timesEnabled, isOfFile } = version;
        const hash = scriptHash({ id, config, bundle, isDisabled, timesEnabled });
        return { version: number, percent, bundle, isDisabled, reason, isOfFile, hash };
      }),
      stickyBy,
      isSuspended,
      testerKey: this.#options.testerKey(id),
      rateLimits:
        limitsRequests(config.policy) || scripts.versions.some(({ code }) => namesRateLimits(code))
          ? this.#options.limits.of(id).buffers
          : null,
      groups: this.#options.groups.prepare(id, config.upstreams),
      index: this.#indexOf(config.name),
    });
    this.#specs.set(tenant, spec);
    return spec;
  }

  #indexOf(name: string): number {
    const known = this.#names.indexOf(name);
    return known === -1 ? this.#names.push(name) - 1 : known;
  }
}
