// Certificates of tenants: in the clear what everybody who connects is shown, their keys sealed as
// secrets are.

import type { CertificateOrigin, CertificateSummary, StoredCertificate } from "./records.ts";
import type { Row } from "./row.ts";
import type { SecretKeys } from "./secret-keys.ts";
import type { Change, Steps } from "./steps.ts";
import { type AuditEntry, StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

interface At {
  readonly tenant: string;
  readonly name: string;
}

export function* listCertificates(tables: Tables, tenant: string): Steps<CertificateSummary[]> {
  const rows = yield* tables.certificates.list("WHERE tenant = ? ORDER BY name", [tenant]);
  return rows.map(toSummary);
}

export function* findCertificate(
  tables: Tables,
  keys: SecretKeys,
  at: At,
): Steps<StoredCertificate> {
  const row = yield* tables.certificates.get(at.tenant, at.name);
  if (row === null) throw missing(at);
  return { ...toSummary(row), cert: row.text("cert"), key: openedKey(row, keys) };
}

export function putCertificate(
  tables: Tables,
  keys: SecretKeys,
  { tenant, audit, ...certificate }: NewCertificate,
): Change<number> {
  const { name, origin, cert, key, ...facts } = certificate;
  const changedAtMs = Date.now();
  const { keyId, sealed } = keys.seal(key, placeOf({ tenant, name }));
  const row = { tenant, name, origin, facts: JSON.stringify(facts), cert };
  return tables.reviseOnly(audit, () =>
    tables.certificates.put({ ...row, key_id: keyId, sealed, changed_at_ms: changedAtMs }),
  );
}

interface NewCertificate extends Omit<StoredCertificate, "changedAtMs"> {
  readonly tenant: string;
  readonly audit: AuditEntry;
}

export function deleteCertificate(tables: Tables, at: At, audit: AuditEntry): Change<number> {
  return tables.reviseOnly(audit, function* () {
    if (!(yield* tables.certificates.remove(at.tenant, at.name))) throw missing(at);
  });
}

/** Its key with the newest of our keys. */
export function* resealCertificate(tables: Tables, keys: SecretKeys, row: Row): Steps<void> {
  const at = { tenant: row.text("tenant"), name: row.text("name") };
  const { keyId, sealed } = keys.seal(openedKey(row, keys), placeOf(at));
  const rest = { origin: row.text("origin"), facts: row.text("facts"), cert: row.text("cert") };
  const changed_at_ms = row.integer("changed_at_ms");
  yield* tables.certificates.put({ ...at, ...rest, key_id: keyId, sealed, changed_at_ms });
}

const openedKey = (row: Row, keys: SecretKeys): string => {
  const place = placeOf({ tenant: row.text("tenant"), name: row.text("name") });
  return keys.open({ keyId: row.text("key_id"), sealed: row.bytes("sealed") }, place);
};

/** No secret can have such a name. */
const placeOf = ({ tenant, name }: At): At => ({ tenant, name: `certificate ${name}` });

const ORIGINS = ["api", "acme"] as const satisfies readonly CertificateOrigin[];

const toSummary = (row: Row): CertificateSummary => ({
  ...row.json<Omit<CertificateSummary, "name" | "origin" | "changedAtMs">>("facts"),
  name: row.text("name"),
  origin: row.word("origin", ORIGINS),
  changedAtMs: row.integer("changed_at_ms"),
});

const missing = ({ tenant, name }: At): StoreError =>
  new StoreError("not_found", `Tenant ${tenant} has no certificate ${name}.`);
