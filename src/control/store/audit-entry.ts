// A line of the audit log before it is written.

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
