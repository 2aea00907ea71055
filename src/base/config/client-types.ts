// What clients may take, and get, in the form that the rest of Sluice uses. Plain data.

/** Which answers are compressed for clients. */
export interface CompressionConfig {
  /** The best one first. */
  readonly codings: readonly ("zstd" | "br" | "gzip")[];
  /** Media types in lower case, or `text/*`. */
  readonly types: readonly string[];
  readonly minBytes: number;
  readonly guardSecrets: boolean;
}

/** Over these, requests are shed; 0: whatever it is. */
export interface OverloadConfig {
  readonly lagMs: number;
  readonly requests: number;
  readonly memoryPercent: number;
}
