// What the configuration says of what can be seen: the log, and traces.

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";
export type AccessFormat = "off" | "json" | "pretty";

export interface LogConfig {
  readonly level: LogLevel;
  readonly access: AccessFormat;
  /** Failed and slow requests of a tenant that each worker keeps; 0: none is timed. */
  readonly keep: number;
  readonly slowMs: number;
}

export interface TracingConfig {
  /** URL to which spans are posted; null: they are not exported. */
  readonly endpoint: string | null;
  readonly compression: "gzip" | "none";
  readonly timeoutMs: number;
  /** How long spans wait for more of them. */
  readonly delayMs: number;
  /** A trace that a client has begun is sampled if it says so. */
  readonly isParentBased: boolean;
  /** Of other traces: 0 to 1. */
  readonly ratio: number;
  /** Whose traces are gone on with. */
  readonly trust: "proxies" | "all" | "none";
  /** Requests that failed or were slow are exported, sampled or not. */
  readonly exportsFailed: boolean;
  /** Of all spans: `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
}
