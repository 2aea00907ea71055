// Hashes of what tenants and their scripts are made of. A tenant or script whose hash has not
// changed stays as it is through a reload.

import { createHash } from "node:crypto";
import type { TenantConfig } from "../../base/config/types.ts";
import type { LiveVersion } from "../../control/live.ts";
import type {
  CertificateSets,
  Generation,
  GenerationChange,
  ScriptBundle,
  TenantSpec,
} from "./messages.ts";

interface ScriptParts extends Pick<LiveVersion, "isDisabled" | "timesEnabled"> {
  /** Of the tenant: the isolates of one that is gone are not the next one's. */
  readonly id: string;
  readonly config: TenantConfig;
  readonly bundle: ScriptBundle;
}

/**
 * A version keeps its isolate unless what runs in it changes. The source map counts too: lines in
 * the log must be those of the file that is there.
 */
export function scriptHash({ config, ...script }: ScriptParts): string {
  const {
    hosts: _,
    script: _script,
    upstreams: _upstreams,
    defaultUpstream: _default,
    maxRetries: _retries,
    requestsAtOnce: _atOnce,
    compression: _compression,
    upgrades: _upgrades,
    abortOnHalfClose: _abort,
    policy: _policy,
    clientCertificates: _clients,
    acme: _acme,
    rollback: _rollback,
    ...rest
  } = config;
  return digest([rest, script]);
}

export function tenantSpec(parts: Omit<TenantSpec, "hash">): TenantSpec {
  const { id, config, scripts, stickyBy, isSuspended, testerKey } = parts;
  const shares = scripts.map(({ version, percent, hash }) => [version, percent, hash]);
  return { ...parts, hash: digest([id, config, shares, stickyBy, isSuspended, testerKey]) };
}

const digest = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** What a worker has. */
export type ServedSpecs = Pick<Generation, "tenants" | "certificates">;

export const SERVES_NOTHING: ServedSpecs = { tenants: [], certificates: new Map() };

/** Bundles and their maps are large, and nearly all of them are nearly always the same. */
export function changeOf(
  serving: ServedSpecs,
  generation: Generation,
): Omit<GenerationChange, "cells"> {
  const { number, config, tenants } = generation;
  const before = new Map(serving.tenants.map(({ config: { name }, hash }) => [name, hash]));
  const changed = tenants.filter((spec) => before.get(spec.config.name) !== spec.hash);
  const kept = tenants.filter((spec) => before.get(spec.config.name) === spec.hash);
  return {
    number,
    config: { ...config, tenants: [] },
    changed,
    kept: kept.map((spec) => spec.config.name),
    certificates: certificateChange(serving.certificates, generation.certificates),
  };
}

/** Lists are the same as long as nothing about them changes. */
function certificateChange(before: CertificateSets, now: CertificateSets): CertificateSets {
  const changes = new Map([...now].filter(([id, list]) => before.get(id) !== list));
  for (const id of before.keys()) if (!now.has(id)) changes.set(id, []);
  return changes;
}
