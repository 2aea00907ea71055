// What was sealed with an older key, sealed once more with the newest one.

import { resealAccount } from "./acme-rows.ts";
import { resealCertificate } from "./certificate-rows.ts";
import type { Row } from "./row.ts";
import type { SecretKeys } from "./secret-keys.ts";
import { resealSecret } from "./setting-rows.ts";
import { type Change, type Steps, together } from "./steps.ts";
import type { Tables } from "./tables.ts";

export interface Resealed {
  readonly count: number;
  /** Ids of keys that secrets need and that we do not have. */
  readonly lostKeys: readonly string[];
}

export interface Stale {
  readonly secrets: readonly Row[];
  readonly certificates: readonly Row[];
  readonly accounts: readonly Row[];
  /** Ids of keys that others need and that we do not have. */
  readonly lostKeys: readonly string[];
}

export function* findStale(tables: Tables, keys: SecretKeys): Steps<Stale> {
  const parameters = [keys.currentId];
  const [secrets, certificates, accounts] = yield* together([
    tables.secrets.list(STALE, parameters),
    tables.certificates.list(STALE, parameters),
    tables.acmeAccounts.list(STALE, parameters),
  ]);
  const isKnown = (row: Row): boolean => keys.has(row.text("key_id"));
  const lost = [...secrets, ...certificates, ...accounts].filter((row) => !isKnown(row));
  return {
    secrets: secrets.filter(isKnown),
    certificates: certificates.filter(isKnown),
    accounts: accounts.filter(isKnown),
    lostKeys: [...new Set(lost.map((row) => row.text("key_id")))],
  };
}

const STALE = "WHERE key_id IS DISTINCT FROM ?";

/** @param found  for the audit log; it is looked for again, as another process may be first */
export function reseal(tables: Tables, keys: SecretKeys, found: Stale): Change<void> {
  const [secrets, certificates] = [found.secrets.length, found.certificates.length];
  const detail = { secrets, certificates, accounts: found.accounts.length, key: keys.currentId };
  const line = { actor: "sluice", action: "secrets.reseal", tenant: null, target: "secrets" };
  return tables.change({ ...line, detail }, function* () {
    const stale = yield* findStale(tables, keys);
    for (const row of stale.secrets) yield* resealSecret(tables, keys, row);
    for (const row of stale.certificates) yield* resealCertificate(tables, keys, row);
    for (const row of stale.accounts) yield* resealAccount(tables, keys, row);
  });
}
