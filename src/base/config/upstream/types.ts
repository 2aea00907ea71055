// How a group's peers are chosen and watched, in the form that the rest of Sluice uses. Plain data
// that can be posted to a worker thread.

export interface BalanceConfig {
  readonly algorithm: "round-robin" | "least-requests" | "peak-ewma" | "hash";
  readonly hash: HashConfig;
  /** Null: clients do not stick. */
  readonly sticky: StickyConfig | null;
  readonly slowStartMs: number;
  /** For each peer, of all workers; 0: no limit. */
  readonly requestsMax: number;
  readonly connectionsMax: number;
  readonly queue: { readonly max: number; readonly timeoutMs: number };
  /** Null: no budget. */
  readonly retryBudget: { readonly percent: number; readonly min: number } | null;
}

/** A host name stands for as many peers as it has addresses. */
export interface ResolveConfig {
  /** `10.0.0.53:53`; empty: those of this machine. */
  readonly servers: readonly string[];
}

export interface HashConfig {
  readonly by: "address" | "header" | "cookie" | "script";
  /** Of the header, in lower case, or of the cookie; empty: of neither. */
  readonly name: string;
  /** 0: no bound. */
  readonly boundPercent: number;
}

export interface StickyConfig {
  readonly cookie: string;
  /** Null: for the session. */
  readonly maxAgeMs: number | null;
  readonly secure: boolean;
  readonly sameSite: "lax" | "strict" | "none";
}

export interface HealthConfig {
  readonly kind: "http" | "tcp" | "grpc";
  /** Asked for by gRPC; empty: the server as a whole. */
  readonly service: string;
  readonly path: string;
  /** Null: the peer's address. */
  readonly host: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  /** Null: any will do. */
  readonly header: { readonly name: string; readonly value: string } | null;
  readonly body: string | null;
  readonly intervalMs: number;
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly jitterPercent: number;
}

export interface EjectionConfig {
  /** 0: they do not count. */
  readonly consecutiveFailures: number;
  readonly consecutiveGatewayFailures: number;
  readonly successRate: SuccessRateConfig | null;
  readonly failurePercentage: FailurePercentageConfig | null;
  readonly intervalMs: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxPercent: number;
  readonly jitterMs: number;
}

export interface SuccessRateConfig {
  readonly minPeers: number;
  readonly minRequests: number;
  /** Thousandths of a standard deviation below the mean. */
  readonly stdevFactor: number;
}

export interface FailurePercentageConfig {
  readonly threshold: number;
  readonly minPeers: number;
  readonly minRequests: number;
}
