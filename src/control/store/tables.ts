// All tables of one database, and the audit log that every change of them writes to.

import { LIMITS } from "../../base/limits.ts";
import type { Database } from "./database.ts";
import type { Written } from "./records.ts";
import { growRevision } from "./revision-row.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import type { AuditEntry } from "./store.ts";
import { expectToken } from "./token-check.ts";

/** Told of each line of the audit log, once it is durable. */
export type OnAudit = (entry: AuditEntry) => void;

export class Tables {
  readonly database: Database;
  readonly tenants: SealedTable;
  readonly hosts: SealedTable;
  readonly deployments: SealedTable;
  readonly bundles: SealedTable;
  readonly traffic: SealedTable;
  readonly fullTraffic: SealedTable;
  readonly suspended: SealedTable;
  readonly flags: SealedTable;
  readonly secrets: SealedTable;
  readonly certificates: SealedTable;
  readonly acmeAccounts: SealedTable;
  readonly acmeOrders: SealedTable;
  readonly tokens: SealedTable;
  readonly audit: SealedTable;
  readonly counters: SealedTable;
  readonly ownKeys: SealedTable;
  readonly identities: SealedTable;
  readonly revision: SealedTable;
  readonly #onAudit: OnAudit;

  constructor(database: Database, onAudit: OnAudit) {
    this.database = database;
    this.#onAudit = onAudit;
    this.tenants = new SealedTable(database, TABLES.tenants);
    this.hosts = new SealedTable(database, TABLES.hosts);
    this.deployments = new SealedTable(database, TABLES.deployments);
    this.bundles = new SealedTable(database, TABLES.bundles);
    this.traffic = new SealedTable(database, TABLES.traffic);
    this.fullTraffic = new SealedTable(database, TABLES.full_traffic);
    this.suspended = new SealedTable(database, TABLES.suspended);
    this.flags = new SealedTable(database, TABLES.flags);
    this.secrets = new SealedTable(database, TABLES.secrets);
    this.certificates = new SealedTable(database, TABLES.certificates);
    this.acmeAccounts = new SealedTable(database, TABLES.acme_accounts);
    this.acmeOrders = new SealedTable(database, TABLES.acme_orders);
    this.tokens = new SealedTable(database, TABLES.tokens);
    this.audit = new SealedTable(database, TABLES.audit);
    this.counters = new SealedTable(database, TABLES.counters);
    this.ownKeys = new SealedTable(database, TABLES.own_keys);
    this.identities = new SealedTable(database, TABLES.identities);
    this.revision = new SealedTable(database, TABLES.revision);
  }

  /**
   * A change and its lines in the audit log, durable when it returns; all or nothing. Whoever asked
   * for it may still do so: their token is looked at here, at the last moment.
   * @param work given the id of the first line
   */
  change<T>(audit: AuditEntry | readonly AuditEntry[], work: (line: number) => T): T {
    return this.#write([audit].flat(), (line) => ({ made: work(line), more: {} })).made;
  }

  /** A change of what proxies serve: it is the next revision of the store. */
  revise<T>(audit: AuditEntry | readonly AuditEntry[], work: (line: number) => T): Written<T> {
    const { made, more } = this.#write([audit].flat(), (line) => ({
      made: work(line),
      more: { revision: growRevision(this) },
    }));
    return { made, ...more };
  }

  /** @param work  what it makes, and what the lines of the audit log say of it besides */
  #write<W extends { readonly more: AuditEntry["detail"] }>(
    entries: readonly AuditEntry[],
    work: (line: number) => W,
  ): W {
    const result = this.database.write(() => {
      for (const actor of new Set(entries.map((entry) => entry.actor)))
        expectToken(this.tokens, actor);
      const first = this.#nextLine();
      const worked = work(first);
      for (const [i, entry] of entries.entries()) {
        this.#log(first + i, { ...entry, detail: { ...entry.detail, ...worked.more } });
      }
      return worked;
    });
    this.database.checkpoint();
    for (const entry of entries) this.#onAudit(entry);
    return result;
  }

  #nextLine(): number {
    const [last] = this.database.all("SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
    return Number(last?.seq ?? 0) + 1;
  }

  #log(id: number, { actor, action, tenant, target, detail }: AuditEntry): void {
    const words = { actor, action, tenant, target, detail: JSON.stringify(detail) };
    this.audit.insert({ id, at_ms: Date.now(), ...words });
    this.audit.delete("WHERE id <= ?", [id - LIMITS.auditLines]);
  }
}
