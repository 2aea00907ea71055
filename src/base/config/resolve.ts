// Turns a checked file into the configuration that the rest of Sluice uses: it takes addresses
// apart, makes paths absolute, puts names into one spelling, and fills in what one key inherits
// from another.

import { availableParallelism, hostname } from "node:os";
import { resolve } from "node:path";
import { resolveAcme } from "./acme.ts";
import {
  type Network,
  parseAddress,
  parseEgress,
  parseHostPattern,
  parseNetwork,
} from "./address.ts";
import { known } from "./known.ts";
import { OPERATOR } from "./operator.ts";
import { resolvePolicy } from "./policy/resolve.ts";
import { parsePostgres } from "./postgres.ts";
import { type ConfigFile, type OperatorFile, SECRETS_KEY_ENV, type TenantFile } from "./schema.ts";
import { entriesOf } from "./shape.ts";
import { type LimitCaps, limitsOf } from "./tenant-limits.ts";
import { resolveTracing } from "./tracing.ts";
import type {
  AdminConfig,
  Config,
  ListenerConfig,
  NodeConfig,
  SecretsConfig,
  StoreConfig,
  TenantConfig,
} from "./types.ts";
import { resolveUpstream } from "./upstream/resolve.ts";
import { isPem, readPem } from "./upstream/tls-files.ts";

const WORKERS_MAX = 256;

/** Where the file is: its absolute path, and the folder that paths in it are relative to. */
export interface Origin {
  readonly file: string | null;
  readonly folder: string;
  /** Variables of the environment, as far as they count. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** @param written the file's value as it was read */
export const resolveConfig = (file: ConfigFile, origin: Origin, written: unknown): Config => ({
  file: origin.file,
  listeners: file.listeners.map((listener) => resolveListener(listener, origin.folder)),
  admin: resolveAdmin(file.admin, origin.folder),
  store: resolveStore(file.store, origin.folder),
  node: resolveNode(file.node, origin.folder),
  secrets: resolveSecrets(file.secrets, origin.folder),
  acme: resolveAcme(file.acme, origin.folder),
  workers: file.workers === "auto" ? Math.min(availableParallelism(), WORKERS_MAX) : file.workers,
  log: { ...file.log, access: file.log.access ?? (process.stdout.isTTY ? "pretty" : "json") },
  tracing: resolveTracing(file.tracing, origin.variables),
  trustedProxies: file.trustedProxies.map((text): Network => known(parseNetwork(text))),
  timeouts: file.timeouts,
  limits: { ...file.limits, bodyBytes: file.limits.bodyBytes ?? Number.POSITIVE_INFINITY },
  overload: file.overload,
  cells: file.cells,
  caps: file.caps,
  operator: file.operator === undefined ? null : resolveOperator(file.operator, origin.folder),
  tenants: Object.entries(file.tenants).map(([name, tenant]) =>
    resolveTenant(name, tenant, { folder: origin.folder, caps: file.caps }),
  ),
  tenantSettings: Object.fromEntries(
    [...entriesOf(entriesOf(written).get("tenants"))].map(([name, settings]) => [
      name,
      Object.fromEntries(entriesOf(settings)),
    ]),
  ),
  cutOffSign: null,
});

const resolveListener = (
  { address, tls, http2, proxyProtocol }: ConfigFile["listeners"][number],
  folder: string,
): ListenerConfig => ({
  ...known(parseAddress(address)),
  http2: http2 ?? tls !== undefined,
  proxies: (proxyProtocol?.from ?? []).map((text) => known(parseNetwork(text))),
  tls:
    tls === undefined
      ? null
      : {
          minVersion: tls.minVersion,
          certificates: tls.certificates.map(({ cert, key }) => ({
            cert: known(readPem(cert, folder)),
            key: known(readPem(key, folder)),
            files: { cert: resolve(folder, cert), key: resolve(folder, key) },
          })),
        },
});

const resolveClients = (
  clients: TenantFile["clientCertificates"],
  folder: string,
): TenantConfig["clientCertificates"] =>
  clients === undefined
    ? null
    : {
        ca: isPem(clients.ca) ? clients.ca : known(readPem(clients.ca, folder)),
        isRequired: clients.mode === "required",
      };

const resolveAdmin = (
  { address, tokenEnv, hosts, tls }: ConfigFile["admin"],
  folder: string,
): AdminConfig => ({
  ...known(parseAddress(address)),
  tokenEnv,
  hosts: hosts.map((host) => host.toLowerCase()),
  tls:
    tls === undefined
      ? null
      : {
          cert: known(readPem(tls.cert, folder)),
          key: known(readPem(tls.key, folder)),
          ca: readPem(tls.ca, folder),
        },
});

const resolveStore = (text: string | undefined, folder: string): StoreConfig => {
  if (text === "memory" || text === "none") return { kind: text };
  const address = text === undefined ? null : parsePostgres(text, folder);
  if (address !== null) return { kind: "postgres", address };
  const path = (text ?? DEFAULT_STORE).slice("sqlite:".length);
  return { kind: "sqlite", path: resolve(folder, path), isDefault: text === undefined };
};

const resolveNode = (
  { data, name, address, ca, onStale, maxStaleSeconds }: ConfigFile["node"],
  folder: string,
): NodeConfig => ({
  data: resolve(folder, data),
  name: name ?? hostname(),
  address: address ?? null,
  ca: readPem(ca, folder),
  staleMsMax: onStale === "drain" ? maxStaleSeconds * 1_000 : null,
});

const DEFAULT_STORE = "sqlite:./data/sluice.db";

const resolveSecrets = (
  { keyFile, keyEnv }: ConfigFile["secrets"],
  folder: string,
): SecretsConfig => {
  if (keyFile !== undefined) return { keyFile: resolve(folder, keyFile), keyEnv: null };
  return { keyFile: null, keyEnv: keyEnv ?? SECRETS_KEY_ENV };
};

/** @param folder what the paths of files are relative to */
export interface TenantOrigin {
  /** What paths are relative to. */
  readonly folder: string;
  readonly caps: LimitCaps;
}

export const resolveTenant = (
  name: string,
  tenant: TenantFile,
  { folder, caps }: TenantOrigin,
): TenantConfig => ({
  ...resolveOwner(name, tenant, { folder, caps }),
  hosts: tenant.hosts.map((host) => known(parseHostPattern(host))),
  isolationGroup: tenant.isolationGroup,
  maxRetries: tenant.maxRetries,
  requestsAtOnce: tenant.requestsAtOnce,
  compression: tenant.compression ?? null,
  upgrades: tenant.upgrades.map((protocol) => protocol.toLowerCase()),
  abortOnHalfClose: tenant.abortOnHalfClose,
  defaultUpstream: tenant.defaultUpstream ?? Object.keys(tenant.upstreams)[0] ?? null,
  policy: resolvePolicy(tenant, folder),
  clientCertificates: resolveClients(tenant.clientCertificates, folder),
  acme: tenant.acme,
});

/** No host is its, and it shares cells with nobody. The caps are for tenants. */
const resolveOperator = (operator: OperatorFile, folder: string): TenantConfig => ({
  ...resolveOwner(OPERATOR, operator, { folder, caps: {} }),
  hosts: [],
  isolationGroup: OPERATOR,
  maxRetries: 0,
  requestsAtOnce: 0,
  compression: null,
  upgrades: [],
  abortOnHalfClose: false,
  defaultUpstream: null,
  policy: null,
  clientCertificates: null,
  acme: false,
});

/** What belongs to an owner's script. */
const resolveOwner = (name: string, owner: OperatorFile, { folder, caps }: TenantOrigin) => ({
  name,
  isolation: owner.isolation,
  script: owner.script === undefined ? null : resolve(folder, owner.script),
  onScriptError: owner.onScriptError,
  env: owner.env,
  limits: limitsOf(owner.limits, caps),
  rollback: owner.rollback,
  breaker: owner.breaker,
  egress: owner.egress.map((text) => known(parseEgress(text))),
  upstreams: Object.entries(owner.upstreams).map(([group, upstream]) =>
    resolveUpstream(group, upstream, folder),
  ),
});
