// A line of the audit log before it is written, and which ones somebody looks for.

/** Who did it and what, for the audit log. Never holds a secret's value or a token. */
export interface AuditEntry {
  /** `token:ID`, `file` or `sluice` itself. */
  readonly actor: string;
  /** `tenant.put`, `deployment.create`, `traffic.set`, `secret.put`, … */
  readonly action: string;
  /** Null: it concerns no tenant. */
  readonly tenant: string | null;
  /** What was changed: `version 7`, `flag checkout`, and details as JSON. */
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Lines for which all of it holds; null or left out: whatever they say. */
export interface AuditFilter {
  readonly tenant: string | null;
  readonly actor?: string | null;
  /** `deployment.create`, or all of a kind: `deployment`. */
  readonly action?: string | null;
  readonly fromMs?: number | null;
  /** Not this moment itself. */
  readonly toMs?: number | null;
  /** Only what is newer than this id. */
  readonly after?: number | null;
}
