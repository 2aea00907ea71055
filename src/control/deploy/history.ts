// Reads from the store what is to run of a tenant's deployments: the versions that have traffic,
// with their bundles. The file's script is a part of that history: it becomes a deployment when its
// bundle differs from the last one that came from the file. The latest deployment serves.

import { ownerText } from "../../base/config/operator.ts";
import { LIMITS } from "../../base/limits.ts";
import { runnable } from "../attribution/attribute.ts";
import { type LiveVersion, NO_SCRIPTS, type TenantScripts } from "../live.ts";
import { placesOnly } from "../sourcemap.ts";
import type {
  AuditEntry,
  DeploymentSummary,
  NewDeployment,
  Release,
  Store,
  StoredDeployment,
  Traffic,
} from "../store/store.ts";
import { lostHooks } from "./lost-hooks.ts";
import { versionName } from "./version-name.ts";

export const SOLE = { kind: "address" } as const;

/** What the tenant runs by the word of the store. */
export async function storedScripts(store: Store, tenant: string): Promise<TenantScripts> {
  const isSuspended = await store.isSuspended(tenant);
  const traffic = await store.traffic(tenant);
  if (traffic === null) return { ...NO_SCRIPTS, isSuspended };
  const versions: LiveVersion[] = [];
  for (const { version, percent } of traffic.versions) {
    versions.push(liveVersion(await deploymentOf(store, tenant, version), percent));
  }
  return { versions, stickyBy: traffic.stickyBy, isSuspended };
}

/** Throws if it is not there. */
async function deploymentOf(
  store: Store,
  tenant: string,
  version: number,
): Promise<StoredDeployment> {
  const found = await store.deployment(tenant, version);
  if (found !== null) return found;
  throw new Error(
    `Cannot serve version ${version} of ${ownerText(tenant)}: it is not in the store`,
  );
}

type Runnable = Pick<StoredDeployment, "version" | "code" | "map" | "state" | "origin" | "reason">;

export function liveVersion(
  { version, state, reason, origin, ...stored }: Runnable,
  percent: number,
): LiveVersion {
  const { code, map } = runnable(stored.code, placesOnly(stored.map));
  return {
    ...{ version, percent, name: versionName(version), code, map },
    isDisabled: state !== "ready",
    reason: state === "ready" ? "" : reason,
    isOfFile: origin === "file",
    timesEnabled: 0,
  };
}

/** The whole history, the newest first, a page at a time. */
export async function* historyOf(
  store: Store,
  tenant: string,
): AsyncGenerator<DeploymentSummary, void> {
  const limit = LIMITS.deploymentsPage;
  for (let before: number | null = null; ; ) {
    const page: readonly DeploymentSummary[] = await store.deployments(tenant, { before, limit });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    before = last.version;
  }
}

/** A script that the file names. */
export interface FromFile {
  readonly tenant: string;
  readonly entry: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly code: string;
  readonly map: string;
  /**
   * Hash of the script that this process read there before; null: none. Left out: the store is this
   * machine's alone.
   */
  readonly readBefore?: string | null;
}

/** What a tenant runs, and the change of history that this is. */
export interface Merged {
  readonly scripts: TenantScripts;
  /** Null: the store says so already. */
  readonly news: FileNews | null;
  /** The version that the file's script is, which is not its newest; null: it is, or is news. */
  readonly older: number | null;
}

/** The hooks that a version turned out to have when it was prepared. */
export type FoundHooks = (tenant: string, version: number) => readonly string[];

export interface FileWarning {
  readonly tenant: string;
  readonly version: number;
  readonly text: string;
}

/** A version that came from the file, once every worker has started it. */
export interface FileNews {
  /** What the store is to be told. */
  release(found: FoundHooks): Release;
  /** What is to be said of it; null: nothing. */
  warning(found: FoundHooks): Promise<FileWarning | null>;
}

/** What a tenant of the file runs, and what the store must be told for that. */
export async function mergeFile(
  store: Store,
  tenant: string,
  file: FromFile | null,
): Promise<Merged> {
  const stored = await storedScripts(store, tenant);
  if (file === null) return { scripts: stored, news: null, older: null };
  const known = await knownVersion(store, file);
  if (known !== null) {
    return { scripts: stored, news: null, older: known.isNewest ? null : known.version };
  }
  const version = await store.nextVersion(tenant);
  const deployment = { ...deploymentFrom(file), version };
  const { stickyBy } = stored;
  const traffic: Traffic = { versions: [{ version, percent: 100 }], stickyBy };
  return {
    older: null,
    scripts: {
      ...stored,
      versions: [liveVersion({ ...deployment, state: "ready", reason: "" }, 100)],
    },
    news: {
      release: (found) => ({
        tenant,
        deployment: { ...deployment, hooks: found(tenant, version) },
        traffic,
        audit: [
          audit(file, "deployment.create", `version ${version}`),
          audit(file, "traffic.set", `script ${file.entry}`),
        ],
      }),
      async warning(found) {
        const hooks = found(tenant, version);
        const text = await lostHooks(store, { tenant, hooks }, stored);
        return text === null ? null : { tenant, version, text };
      },
    },
  };
}

/**
 * The version of the history that the file's script is; null: it is to be a new one. On one machine
 * it is, whenever it is another one than the last from the file. Among several a machine may be
 * started with a file that is behind those of the others, and must not take all of them back: a
 * script that was there before is new only if the file was changed under a running proxy.
 */
async function knownVersion(
  store: Store,
  { tenant, sha256, readBefore }: FromFile,
): Promise<{ readonly version: number; readonly isNewest: boolean } | null> {
  const isStart = readBefore === null || readBefore === sha256;
  let isNewest = true;
  for await (const past of historyOf(store, tenant)) {
    if (past.origin !== "file" || past.state === "stored" || past.state === "failed") continue;
    if (past.sha256 === sha256) return { version: past.version, isNewest };
    if (!isStart) return null;
    isNewest = false;
  }
  return null;
}

function deploymentFrom(file: FromFile): NewDeployment {
  const about = { origin: "file", author: "file", message: "", hooks: [], smoke: [] } as const;
  const { tenant, entry, sha256, bytes, code, map } = file;
  return { ...about, tenant, files: {}, entry, sha256, bytes, code, map };
}

const audit = (
  { tenant, entry, sha256 }: FromFile,
  action: string,
  target: string,
): AuditEntry => ({ actor: "file", action, tenant, target, detail: { entry, sha256 } });
