// Opens the store that the configuration names, for the life of the process.

import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config, SecretsConfig, TenantConfig } from "../../base/config/types.ts";
import { openStore } from "../../control/store/open-store.ts";
import { SecretKeys } from "../../control/store/secret-keys.ts";
import type { SqlStore } from "../../control/store/sql-store.ts";
import type { AuditEntry } from "../../control/store/store.ts";
import { unlessUnreachable } from "../../control/store/store-error.ts";
import { readStoredTenants } from "../../control/stored-tenants.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { ServeError } from "../shared/start-errors.ts";
import { clusterLog } from "./cluster-log.ts";
import { ClusterNode } from "./cluster-node.ts";

export interface StoreOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The process that has the store hands over to this one. */
  readonly isSuccessor: boolean;
}

export interface HeldStore extends AsyncDisposable {
  /** Null: the configuration wants none. */
  readonly store: SqlStore | null;
  /** This proxy among those that share the store; null: nobody shares it. */
  readonly node: ClusterNode | null;
}

/** Throws one sentence that says what to do. */
export async function holdStore(
  wanted: Pick<Config, "store" | "secrets" | "node" | "admin">,
  { logger, metrics, isSuccessor }: StoreOptions,
): Promise<HeldStore> {
  const { store: config, secrets, node } = wanted;
  if (config.kind === "none") return NO_STORE;
  const keys = readSecretKeys(secrets);
  const onAudit = (entry: AuditEntry): void => logAudit(logger, entry);
  if (config.kind === "postgres") {
    // what talks to it is loaded for nobody else
    const { openCluster } = await import("../../control/store/cluster/open-cluster.ts");
    const on = clusterLog(logger, metrics);
    const own = { address: config.address, folder: node.data, name: node.name };
    const cluster = await openCluster({ ...own, isSuccessor, keys, onAudit, on });
    const among = new ClusterNode(cluster, wanted);
    return { ...(await held(cluster.store, cluster.close, logger)), node: among };
  }
  const path = config.kind === "memory" ? null : config.path;
  if (path !== null && config.kind === "sqlite" && config.isDefault && !canMake(path)) {
    const message = "there is no store: its folder cannot be written (store: in sluice.yaml)";
    logger.warn({ path }, message);
    return NO_STORE;
  }
  const { store, close } = await openStore({ path, keys, isSuccessor, onAudit });
  return await held(store, close, logger);
}

async function held(
  store: SqlStore,
  close: () => Promise<void>,
  logger: Logger,
): Promise<HeldStore> {
  const { count, lostKeys } = (await unlessUnreachable(store.resealSecrets())) ?? NOTHING;
  if (count > 0) logger.info({ secrets: count }, "secrets are encrypted with the first key now");
  for (const key of lostKeys) {
    logger.error({ key }, "secrets cannot be decrypted: their key is not among those given");
  }
  return { store, node: null, [Symbol.asyncDispose]: close };
}

/** Who changed what: the audit log says more. What the proxy does by itself has its own lines. */
function logAudit(logger: Logger, { actor, action, tenant, target }: AuditEntry): void {
  if (action === "login.refused") return logger.warn({ target }, "logins are refused");
  if (actor === "sluice") return;
  logger.info({ action, target, ...(tenant === null ? {} : { tenant }), actor }, "changed");
}

const NOTHING = { count: 0, lostKeys: [] };

const NO_STORE: HeldStore = { store: null, node: null, [Symbol.asyncDispose]: async () => {} };

export interface TenantsOptions {
  readonly logger: Logger;
  /** At a start nobody can be asked: who has a host that the file gives to another is left out. */
  readonly isStart: boolean;
}

/**
 * Tenants made through the admin API that can serve; why others cannot is in the log. Throws
 * ServeError for a file that would take a host away from one.
 */
export async function tenantsOf(
  store: SqlStore | null,
  config: Config,
  { logger, isStart }: TenantsOptions,
): Promise<readonly TenantConfig[]> {
  if (store === null) return [];
  const { tenants, invalid, claimed } = await readStoredTenants(store, config);
  if (!isStart && claimed.length > 0) throw new ServeError(claimed.join("\n"));
  for (const reason of [...invalid, ...claimed]) {
    logger.error({ reason }, "a tenant of the store does not serve");
  }
  return tenants;
}

/**
 * What the keys of TLS tickets are made of: with a key for secrets the same for every process and
 * machine that has it, so that a successor resumes the sessions of its predecessor.
 */
export function ticketSecret({ store, secrets }: Pick<Config, "store" | "secrets">): Uint8Array {
  const keys = store.kind === "none" ? SecretKeys.none() : readSecretKeys(secrets);
  return keys.derived("sluice tls tickets") ?? randomBytes(TICKET_SECRET_BYTES);
}

const TICKET_SECRET_BYTES = 32;

/** Throws an Error that names the place, never the key. */
export function readSecretKeys({ keyFile, keyEnv }: SecretsConfig): SecretKeys {
  if (keyFile !== null) return SecretKeys.parse(readKeyFile(keyFile), keyFile);
  const text = keyEnv === null ? undefined : process.env[keyEnv];
  return text === undefined ? SecretKeys.none() : SecretKeys.parse(text, `$${keyEnv}`);
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot read the key of the secrets: expected a file, got ${reason}`;
    throw new Error(message, { cause });
  }
}

/** The file, or the nearest folder there is of those it would be in, may be written. */
function canMake(path: string): boolean {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
