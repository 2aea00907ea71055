// What the admin API answers, as far as the pages read it (docs/admin-api.md, openapi.json).

export interface Fault {
  readonly severity: "error" | "warning";
  readonly tenant: string | null;
  readonly text: string;
}

export interface Status {
  readonly version: string;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly workers: number;
  readonly tenants: number;
  readonly cells: number;
  readonly connections: number;
  readonly requestsActive: number;
  readonly faults: readonly Fault[];
}

/** Of one span, oldest first; one entry for each step. */
export interface Points {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
  readonly scriptMs: readonly number[];
}

export interface Series {
  readonly stepMs: number;
  /** End of the last step. */
  readonly toMs: number;
  readonly points: Points;
}

export interface TenantRate {
  readonly tenant: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly scriptMs: number;
}

export interface WholeSeries extends Series {
  /** What `tenants` are sums of. */
  readonly minuteMs: number;
  readonly tenants: readonly TenantRate[];
}

export interface AuditLine {
  readonly id: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly tenant: string | null;
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface TenantLine {
  readonly name: string;
  readonly origin: "file" | "api";
  readonly suspended: boolean;
  readonly state: string;
  readonly reason: string;
  readonly hosts: readonly string[];
}

export interface Tenant extends Omit<TenantLine, "hosts"> {
  readonly revision: number | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Deployment {
  readonly version: number;
  readonly state: string;
  readonly reason: string;
  readonly percent: number | null;
  readonly origin: string;
  readonly author: string;
  readonly message: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly hooks: readonly string[];
  readonly breaker: string;
  readonly createdAt: string;
}

export interface DeploymentFiles extends Deployment {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Traffic {
  readonly versions: readonly { readonly version: number; readonly percent: number }[];
  readonly stickyBy: { readonly kind: string; readonly name?: string };
  readonly rollbackTo: number | null;
}

export interface VersionFigures {
  readonly version: number;
  readonly requests: number;
  readonly errors: number;
  readonly scriptFailures: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Span {
  /** hook, wait, connect, upstream. */
  readonly kind: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly detail?: string;
}

export interface KeptRequest {
  readonly id: string;
  readonly durationMs: number;
  readonly line: Line;
  readonly spans: readonly Span[];
}

/** A line of the log, as the live tail brings it. */
export interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly id?: string;
  readonly tenant?: string | null;
  readonly deployment?: string | number | null;
  readonly client?: string;
  readonly method?: string;
  readonly host?: string;
  readonly target?: string;
  readonly protocol?: string;
  readonly status?: number;
  readonly error?: string | null;
  readonly reason?: string | null;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  readonly durationMs?: number;
  readonly upstream?: string | null;
  readonly reused?: boolean;
  readonly attempts?: number;
  readonly source?: string;
  readonly hook?: string;
  readonly code?: string;
  readonly at?: string;
  readonly stack?: string;
  readonly [name: string]: unknown;
}
