// All tables of one database, and the audit log that every change of them writes to.

import { LIMITS } from "../../base/limits.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { Revision, Written } from "./records.ts";
import { findRevision, growRevision } from "./revision-row.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import { ask, type Change, nothing, type Steps, together } from "./steps.ts";
import { expectToken } from "./token-check.ts";

/** Told of each line of the audit log, once it is durable. */
export type OnAudit = (entry: AuditEntry) => void;

/** @param line  id of the first line that it has in the audit log */
type Work<T> = (line: number) => Steps<T>;

interface Known<L> {
  /** Id of the first line in the audit log. */
  readonly first: number;
  readonly found: L;
}

interface Logged<T> {
  readonly made: T;
  readonly more: AuditEntry["detail"];
}

export class Tables {
  readonly tenants = new SealedTable(TABLES.tenants);
  readonly hosts = new SealedTable(TABLES.hosts);
  readonly deployments = new SealedTable(TABLES.deployments);
  readonly bundles = new SealedTable(TABLES.bundles);
  readonly traffic = new SealedTable(TABLES.traffic);
  readonly fullTraffic = new SealedTable(TABLES.full_traffic);
  readonly suspended = new SealedTable(TABLES.suspended);
  readonly flags = new SealedTable(TABLES.flags);
  readonly secrets = new SealedTable(TABLES.secrets);
  readonly certificates = new SealedTable(TABLES.certificates);
  readonly acmeAccounts = new SealedTable(TABLES.acme_accounts);
  readonly acmeOrders = new SealedTable(TABLES.acme_orders);
  readonly acmeProofs = new SealedTable(TABLES.acme_proofs);
  readonly tokens = new SealedTable(TABLES.tokens);
  readonly audit = new SealedTable(TABLES.audit);
  readonly counters = new SealedTable(TABLES.counters);
  readonly ownKeys = new SealedTable(TABLES.own_keys);
  readonly identities = new SealedTable(TABLES.identities);
  readonly revision = new SealedTable(TABLES.revision);

  /**
   * A change and its lines in the audit log: all or nothing. Whoever asked for it may still do so:
   * their token is looked at here, at the last moment.
   */
  change<T>(audit: AuditEntry | readonly AuditEntry[], work: Work<T>): Change<T> {
    const entries = [audit].flat();
    const steps = this.#logged(entries, nothing(), function* ({ first }) {
      return { made: yield* work(first), more: {} };
    });
    return { audit: entries, steps };
  }

  /** A change of what proxies serve: it is the next revision of the store. */
  revise<T>(audit: AuditEntry | readonly AuditEntry[], work: Work<T>): Change<Written<T>> {
    return this.#revise([audit].flat(), nothing(), ({ first }) => work(first));
  }

  /** One that makes nothing but a revision. */
  reviseOnly<T>(audit: AuditEntry | readonly AuditEntry[], work: Work<T>): Change<number> {
    const { audit: lines, steps } = this.revise(audit, work);
    return { audit: lines, steps: revisionOf(steps) };
  }

  /** The same, where it is known from the start what the work needs to know. */
  reviseBy<L, T>(
    audit: readonly AuditEntry[],
    look: Steps<L>,
    work: (found: L) => Steps<T>,
  ): Change<number> {
    const { steps } = this.#revise(audit, look, ({ found }) => work(found));
    return { audit, steps: revisionOf(steps) };
  }

  #revise<L, T>(
    audit: readonly AuditEntry[],
    look: Steps<L>,
    work: (known: Known<L>) => Steps<T>,
  ): Change<Written<T>> {
    const grow = (before: Revision) => growRevision(this, before);
    const both = together([findRevision(this), look]);
    const steps = this.#logged(audit, both, function* ({ first, found: [before, found] }) {
      const made = yield* work({ first, found });
      const revision = yield* grow(before);
      return { made: { made, revision }, more: { revision } };
    });
    return { audit, steps };
  }

  /**
   * @param look  what the work needs besides, and nobody changes meanwhile
   * @param work  what it makes, and what the lines of the audit log say of it besides
   */
  *#logged<L, T>(
    entries: readonly AuditEntry[],
    look: Steps<L>,
    work: (known: Known<L>) => Steps<Logged<T>>,
  ): Steps<T> {
    const actors = new Set(entries.map((entry) => entry.actor));
    const tokens = [...actors].map((actor) => expectToken(this.tokens, actor));
    const [, first, found] = yield* together([together(tokens), this.#nextLine(), look]);
    const { made, more } = yield* work({ first, found });
    for (const [i, entry] of entries.entries()) {
      yield* this.#log(first + i, { ...entry, detail: { ...entry.detail, ...more } });
    }
    const oldest = first + entries.length - 1 - LIMITS.auditLines;
    if (entries.length > 0) yield* this.audit.eraseSome("WHERE id <= ?", [oldest]);
    return made;
  }

  /** The newest lines are never deleted, so no two ever have the same number. */
  *#nextLine(): Steps<number> {
    const { rows } = yield* ask({ sql: LAST_LINE, parameters: [], changes: null });
    return Number(rows[0]?.last ?? 0) + 1;
  }

  *#log(id: number, { actor, action, tenant, target, detail }: AuditEntry): Steps<void> {
    const words = { actor, action, tenant, target, detail: JSON.stringify(detail) };
    yield* this.audit.insert({ id, at_ms: Date.now(), ...words });
  }
}

const LAST_LINE = "SELECT max(id) AS last FROM audit";

function* revisionOf(steps: Steps<Written<unknown>>): Steps<number> {
  return (yield* steps).revision;
}
