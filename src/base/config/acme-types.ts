// The authority of the configuration in the form that the rest of Sluice uses: as of types.ts.

/** From whom certificates are ordered. */
export interface AcmeConfig {
  /** URL of the authority's. */
  readonly directory: string;
  readonly contact: readonly string[];
  /** PEM: trusted in place of Node's roots; null: those. */
  readonly ca: string | null;
  /** Tried in turn. */
  readonly challenges: readonly ("http-01" | "tls-alpn-01")[];
  /** What sets records for names with wildcards; null: nothing, so there are no such orders. */
  readonly dns: AcmeDnsConfig | null;
  /** Of one proxy, begun within an hour. */
  readonly ordersPerHour: number;
  readonly externalAccount: { readonly keyId: string; readonly hmacKey: string } | null;
}

export interface AcmeDnsConfig {
  readonly command: readonly string[];
  readonly waitMs: number;
}
