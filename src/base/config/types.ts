// The configuration in the form that the rest of Sluice uses: checked, every default filled in,
// nothing optional where a default exists. Plain data that can be posted to a worker thread.

import type { AcmeConfig } from "./acme-types.ts";
import type { Address, EgressRule, Network, PeerAddress } from "./address.ts";
import type { CompressionConfig, OverloadConfig } from "./client-types.ts";
import type { LogConfig, TracingConfig } from "./log-types.ts";
import type { PolicyConfig } from "./policy/types.ts";
import type { NodeConfig, StoreConfig } from "./store-types.ts";
import type { LimitCaps, TenantLimitsConfig } from "./tenant-limits.ts";
import type {
  BalanceConfig,
  EjectionConfig,
  HealthConfig,
  ResolveConfig,
} from "./upstream/types.ts";

export type { AccessFormat, LogConfig, LogLevel, TracingConfig } from "./log-types.ts";
export type { NodeConfig, StoreConfig } from "./store-types.ts";

export interface Config {
  /** Absolute path of the file it came from; null: the built-in defaults. */
  readonly file: string | null;
  readonly listeners: readonly ListenerConfig[];
  readonly admin: AdminConfig;
  readonly store: StoreConfig;
  readonly node: NodeConfig;
  readonly secrets: SecretsConfig;
  /** Null: no certificates are ordered. */
  readonly acme: AcmeConfig | null;
  /** `auto` is resolved: one a core. */
  readonly workers: number;
  readonly log: LogConfig;
  /** Null: nothing is traced. */
  readonly tracing: TracingConfig | null;
  /** Who may tell us a client's address and a request's id. */
  readonly trustedProxies: readonly Network[];
  readonly timeouts: TimeoutsConfig;
  readonly limits: LimitsConfig;
  readonly overload: OverloadConfig;
  readonly cells: CellsConfig;
  readonly caps: LimitCaps;
  /** Owner of the script around the tenants', as if it were one; null: there is none. */
  readonly operator: TenantConfig | null;
  readonly tenants: readonly TenantConfig[];
  /** What the file says of each tenant, as written: to be shown, not used. */
  readonly tenantSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What lets one doubt that the file is whole, a line; null: nothing. */
  readonly cutOffSign: string | null;
}

export interface ListenerConfig extends Address {
  /** Null: HTTP in the clear. */
  readonly tls: ListenerTlsConfig | null;
  /** Besides HTTP/1.1. */
  readonly http2: boolean;
  /** Whose connections begin with a PROXY header; empty: nobody's. */
  readonly proxies: readonly Network[];
}

export interface ListenerTlsConfig {
  /** At least one, unless certificates are ordered. */
  readonly certificates: readonly CertificateText[];
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** PEM, both: the certificate with its chain. */
export interface CertificateText {
  readonly cert: string;
  readonly key: string;
  /** Where they were read: absolute paths. */
  readonly files: { readonly cert: string; readonly key: string };
}

export interface AdminConfig extends Address {
  /** Name of the environment variable that holds the operator's token. */
  readonly tokenEnv: string;
  readonly hosts: readonly string[];
  /** Null: HTTP in the clear. */
  readonly tls: AdminTlsConfig | null;
}

/** PEM, all. */
export interface AdminTlsConfig {
  /** With its chain. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of callers' certificates; null: callers need none. */
  readonly ca: string | null;
}

/** Where the keys of secrets are: at most one of the two; the variable may not be set. */
export interface SecretsConfig {
  /** Absolute path. */
  readonly keyFile: string | null;
  readonly keyEnv: string | null;
}

export interface CellsConfig {
  readonly sandbox: "auto" | "required" | "off";
  /** Resident memory of one. */
  readonly memoryMiB: number;
}

export interface TimeoutsConfig {
  readonly handshakeMs: number;
  readonly headMs: number;
  readonly bodyIdleMs: number;
  readonly keepAliveMs: number;
  readonly clientWriteMs: number;
  readonly shutdownMs: number;
  readonly drainMs: number;
  /** For every worker to be ready for a change. */
  readonly prepareMs: number;
}

export interface LimitsConfig {
  readonly headBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
  /** Largest request body; Infinity: any. */
  readonly bodyBytes: number;
  /** What a client must send of a body, on average; 0: any. */
  readonly bodyBytesPerSecond: number;
  /** What a client must take of an answer, on average; 0: any. */
  readonly responseBytesPerSecond: number;
  /** Client connections of one worker. */
  readonly connections: number;
  /** Of one address, of one worker; 0: any. */
  readonly connectionsPerAddress: number;
  /** TLS handshakes of one address, of one worker; 0: any. */
  readonly handshakesPerSecond: number;
}

export interface TenantConfig {
  readonly name: string;
  /** Lower case: `a.example.com`, `*.example.com` or `*`. No two tenants share one. */
  readonly hosts: readonly string[];
  /** Where its isolates run: in the workers, or in cells, which are child processes. */
  readonly isolation: "inline" | "process";
  /** Tenants of different groups never share a cell. */
  readonly isolationGroup: string;
  /** Absolute path; null: plain proxying to `defaultUpstream`. */
  readonly script: string | null;
  readonly onScriptError: "fail-closed" | "fail-open";
  readonly env: Readonly<Record<string, string>>;
  readonly limits: TenantLimitsConfig;
  readonly maxRetries: number;
  /** Null: answers go to clients as they are. */
  readonly compression: CompressionConfig | null;
  /** Of its clients, in one worker. */
  readonly requestsAtOnce: number;
  /** Protocols that clients may switch to, lower case. */
  readonly upgrades: readonly string[];
  readonly abortOnHalfClose: boolean;
  readonly rollback: RollbackConfig;
  readonly breaker: BreakerConfig;
  /** Where peers that its script returns may be, beyond public addresses. */
  readonly egress: readonly EgressRule[];
  readonly upstreams: readonly UpstreamConfig[];
  /** Name of one of `upstreams`; null only if there are none. */
  readonly defaultUpstream: string | null;
  /** What is done to requests without a script; null: nothing. */
  readonly policy: PolicyConfig | null;
  /** Null: TLS clients show no certificate. */
  readonly clientCertificates: ClientCertificatesConfig | null;
  /** Certificates for its hosts are ordered. */
  readonly acme: boolean;
}

/** What a tenant wants to know of its clients. */
export interface ClientCertificatesConfig {
  /** PEM of the authorities that vouch for clients. */
  readonly ca: string;
  /** Who shows no certificate, or one that is not verified, is not served. */
  readonly isRequired: boolean;
}

/** When a new version of a script is taken back by itself. */
export interface RollbackConfig {
  readonly automatic: boolean;
  readonly windowMs: number;
  /** Of the new version, within the window. */
  readonly minRequests: number;
  /** Percentage points that it fails more often than the old one. */
  readonly errorPercent: number;
}

/** When a script that keeps failing is not run any more for a while. */
export interface BreakerConfig {
  readonly failurePercent: number;
  readonly minRequests: number;
  readonly openMs: number;
}

export interface UpstreamConfig {
  readonly name: string;
  readonly peers: readonly PeerConfig[];
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  /** 0: connections are not kept. */
  readonly idleTimeoutMs: number;
  /** Null: a name is one peer, whatever it leads to. */
  readonly resolve: ResolveConfig | null;
  /** Connections begin with a header that says whose they are. */
  readonly proxyProtocol: boolean;
  readonly balance: BalanceConfig;
  /** Null: no checks are made. */
  readonly health: HealthConfig | null;
  /** Null: no peer is judged by its answers. */
  readonly ejection: EjectionConfig | null;
  /** If less of the peers are sound, all are used. */
  readonly panicPercent: number;
}

export interface PeerConfig extends PeerAddress {
  readonly weight: number;
  /** The lowest number that has a sound peer serves. */
  readonly priority: number;
  readonly transport: "sluice" | "undici";
  readonly protocol: "http1" | "http2";
  /** Null: in the clear. */
  readonly tls: PeerTlsConfig | null;
}

export interface PeerTlsConfig {
  /** Sent as SNI and looked for in the certificate; null: the address's host. */
  readonly sni: string | null;
  readonly credentials: TlsCredentials;
}

/** Whom we trust, and who we say we are. The peers of a group share one such object. */
export interface TlsCredentials {
  /** False: any certificate will do. */
  readonly verify: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** PEM: trusted in place of Node's roots; null: those. */
  readonly ca: string | null;
  /** PEM of our own certificate with its chain, and of its key; null: none. */
  readonly cert: string | null;
  readonly key: string | null;
}
