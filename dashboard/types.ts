// What the pages show: the answers of the admin API, their parts by name, and lines of the log.

import type {
  AuditPage,
  CaptureList,
  CaptureRules,
  Explanation,
  History,
  KeptAnswer,
  LimitList,
  NodeList,
  Replays,
  Status,
  TenantList,
  VersionStats,
  WholeSeries,
} from "./base/answers.ts";

export type {
  AuditPage,
  CaptureList,
  CaptureRules,
  DeploymentFiles,
  Explanation,
  History,
  LimitList,
  NodeList,
  Series,
  Status,
  Tenant,
  TenantList,
  Traffic,
  UpstreamList,
  Usage,
  VersionStats,
  WholeSeries,
} from "./base/answers.ts";

export type Fault = Status["faults"][number];
export type TenantRate = WholeSeries["tenants"][number];
export type AuditLine = AuditPage["lines"][number];
export type TenantLine = TenantList["tenants"][number];
export type Deployment = History["deployments"][number];
export type VersionFigures = VersionStats["versions"][number];
export type Node = NodeList["nodes"][number];
export type CaptureRule = CaptureRules["rules"][number];
export type CaptureSummary = CaptureList["captures"][number];
export type Replayed = Replays["replayed"][number];
export type Limit = LimitList["limits"][number];
export type ExplainedVersion = NonNullable<Explanation["version"]>;
export type Span = KeptAnswer["spans"][number];

export type KeptRequest = Omit<KeptAnswer, "line"> & { readonly line: Line };
export type KeptLine = Omit<KeptRequest, "spans">;
export interface KeptList {
  readonly requests: readonly KeptLine[];
  readonly nodes?: Status["nodes"];
}

/** A line of the log, as the live tail brings it: what it has besides is for whoever reads it. */
export interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  /** Name of the proxy, where there are several. */
  readonly node?: string;
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
