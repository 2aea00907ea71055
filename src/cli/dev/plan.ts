// What `sluice dev` serves: a configuration from a file, or one made up for a script, with the
// listeners and upstreams that the command line asked for.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Address } from "../../base/config/address.ts";
import type {
  CertificateText,
  Config,
  ListenerConfig,
  UpstreamConfig,
} from "../../base/config/types.ts";
import { startEcho } from "./echo.ts";
import { groupNames } from "./group-names.ts";
import { localCertificate } from "./local-certificate.ts";

export interface Plan extends AsyncDisposable {
  /** Path of the configuration. */
  readonly config: string;
  readonly adjust: (config: Config) => Config;
  /** What clients have to trust; null: they speak HTTP in the clear. */
  readonly certificate: CertificateText | null;
}

export interface PlanOptions {
  readonly config?: string;
  readonly upstream?: string;
  readonly echo?: true;
  readonly https?: true;
  readonly port?: number;
}

const PORT = 8080;

export async function planFor(script: string | undefined, options: PlanOptions): Promise<Plan> {
  await using given = new AsyncDisposableStack();
  const needsEcho = options.echo ?? (script !== undefined && options.upstream === undefined);
  const echo = needsEcho ? given.use(await startEcho()) : null;
  const upstream = options.upstream === undefined ? echo : parsePeer(options.upstream);
  const config =
    script === undefined ? (options.config ?? "sluice.yaml") : await configFor(script, given);
  const port = options.port ?? (script === undefined ? null : PORT);
  const certificate = options.https ? await localCertificate() : null;
  const resources = given.move();
  return {
    config,
    certificate,
    adjust: (read) => adjusted(read, { port, upstream, certificate }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** One tenant for every host. Its groups are those that the script names. */
async function configFor(script: string, given: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-dev-"));
  given.defer(() => rm(folder, { recursive: true, force: true }));
  const names = await groupNames(await readFile(script, "utf8"));
  const groups = (names.length > 0 ? names : ["upstream"]).map((name) => [
    name,
    { peers: ["127.0.0.1:1"] }, // replaced when it is read
  ]);
  const tenant = {
    hosts: ["*"],
    script: resolve(script),
    upstreams: Object.fromEntries(groups),
    defaultUpstream: groups[0]?.[0],
  };
  const file = join(folder, "sluice.yaml");
  await writeFile(file, stringify({ tenants: { dev: tenant } }));
  return file;
}

interface Adjustments {
  /** Null: as configured. */
  readonly port: number | null;
  readonly upstream: Place | null;
  /** For listeners that have none; null: they stay in the clear. */
  readonly certificate: CertificateText | null;
}

/** Lines as JSON, which dev/log.ts makes readable; one worker: what it logs stays in order. */
function adjusted(config: Config, { port, upstream, certificate }: Adjustments): Config {
  const configured = port === null ? config.listeners : [{ ...local(port), ...inTheClear }];
  const listeners = configured.map((one) => (one.tls === null ? secured(one, certificate) : one));
  const isInTheClear = listeners.every(({ tls }) => tls === null);
  return {
    ...config,
    workers: 1,
    store: { kind: "memory" },
    log: { ...config.log, access: "json" },
    listeners,
    ...(port === null ? {} : { admin: { ...config.admin, ...local(0) } }),
    tenants: config.tenants.map((tenant) => ({
      ...tenant,
      // nobody could show one
      clientCertificates: isInTheClear ? null : tenant.clientCertificates,
      upstreams:
        upstream === null
          ? tenant.upstreams
          : tenant.upstreams.map((one) => redirect(one, upstream)),
    })),
  };
}

const inTheClear = { tls: null, http2: false, proxies: [] } as const;

const secured = (listener: ListenerConfig, certificate: CertificateText | null): ListenerConfig =>
  certificate === null
    ? listener
    : { ...listener, tls: { certificates: [certificate], minVersion: "TLSv1.2" }, http2: true };

const HOST = "127.0.0.1";

const local = (port: number): Address => ({ address: `${HOST}:${port}`, host: HOST, port });

interface Place {
  readonly host: string;
  readonly port: number;
}

function redirect(group: UpstreamConfig, { host, port }: Place): UpstreamConfig {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const plain = { socketPath: null, transport: "sluice", protocol: "http1", tls: null } as const;
  const share = { weight: 1, priority: 0 };
  return { ...group, peers: [{ address, host, port, ...share, ...plain }] };
}

/** `http://host:port`; null for anything else. */
export function parsePeer(url: string): Place | null {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== "http:" || parsed.pathname !== "/") return null;
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return { host, port: parsed.port === "" ? 80 : Number(parsed.port) };
}
