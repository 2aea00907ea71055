// All tables of one database, and the audit log that every change of them writes to.

import { LIMITS } from "../../base/limits.ts";
import type { Database } from "./database.ts";
import { TABLES } from "./schema.ts";
import { SealedTable } from "./sealed-table.ts";
import type { AuditEntry } from "./store.ts";

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
  readonly tokens: SealedTable;
  readonly audit: SealedTable;
  readonly counters: SealedTable;
  readonly ownKeys: SealedTable;

  constructor(database: Database) {
    this.database = database;
    this.tenants = new SealedTable(database, TABLES.tenants);
    this.hosts = new SealedTable(database, TABLES.hosts);
    this.deployments = new SealedTable(database, TABLES.deployments);
    this.bundles = new SealedTable(database, TABLES.bundles);
    this.traffic = new SealedTable(database, TABLES.traffic);
    this.fullTraffic = new SealedTable(database, TABLES.full_traffic);
    this.suspended = new SealedTable(database, TABLES.suspended);
    this.flags = new SealedTable(database, TABLES.flags);
    this.secrets = new SealedTable(database, TABLES.secrets);
    this.tokens = new SealedTable(database, TABLES.tokens);
    this.audit = new SealedTable(database, TABLES.audit);
    this.counters = new SealedTable(database, TABLES.counters);
    this.ownKeys = new SealedTable(database, TABLES.own_keys);
  }

  /** A change and its lines in the audit log, durable when it returns; all or nothing. */
  change<T>(audit: AuditEntry | readonly AuditEntry[], work: () => T): T {
    const result = this.database.write(() => {
      const made = work();
      for (const entry of [audit].flat()) this.#log(entry);
      return made;
    });
    this.database.checkpoint();
    return result;
  }

  #log({ actor, action, tenant, target, detail }: AuditEntry): void {
    const [last] = this.database.all("SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
    const id = Number(last?.seq ?? 0) + 1;
    const words = { actor, action, tenant, target, detail: JSON.stringify(detail) };
    this.audit.insert({ id, at_ms: Date.now(), ...words });
    this.audit.delete("WHERE id <= ?", [id - LIMITS.auditLines]);
  }
}
