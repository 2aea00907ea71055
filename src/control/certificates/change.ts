// How a tenant's certificates change: every worker has the new ones ready before they are stored,
// and serves them before anybody hears that it does.

import type { ApplyResult, Live } from "../live.ts";
import type { StoredCertificate } from "../store/records.ts";
import type { AuditEntry, Store } from "../store/store.ts";
import { type LiveCertificate, toLiveCertificate } from "./live-certificate.ts";

export interface ChangeParts {
  readonly live: Pick<Live, "change">;
  readonly store: Pick<Store, "putCertificate" | "deleteCertificate">;
}

export interface Which {
  readonly tenant: string;
  /** Its identity: another one may have its name by the time of the change. */
  readonly id: string;
  readonly audit: AuditEntry;
}

export type NewCertificate = Omit<StoredCertificate, "changedAtMs">;

export const putCertificate = (
  parts: ChangeParts,
  which: Which,
  certificate: NewCertificate,
): Promise<ApplyResult | null> => {
  const fresh = toLiveCertificate({ ...certificate, changedAtMs: 0 });
  return change(parts, which, {
    next: (now) => [...now.filter(({ name }) => name !== fresh.name), fresh],
    write: () => parts.store.putCertificate(which.tenant, certificate, which.audit),
  });
};

export const deleteCertificate = (
  parts: ChangeParts,
  which: Which,
  name: string,
): Promise<ApplyResult | null> =>
  change(parts, which, {
    next: (now) => now.filter((one) => one.name !== name),
    write: () => parts.store.deleteCertificate(which.tenant, name, which.audit),
  });

interface Change {
  readonly next: (now: readonly LiveCertificate[]) => readonly LiveCertificate[];
  /** Resolves to the store's revision. */
  readonly write: () => Promise<number>;
}

/** Null: there is no such tenant. */
async function change(
  { live }: ChangeParts,
  { tenant, id }: Which,
  { next, write }: Change,
): Promise<ApplyResult | null> {
  let isThere = true;
  const result = await live.change({
    plan: async (tenants) => {
      const now = tenants.find((one) => one.config.name === tenant && one.id === id);
      isThere = now !== undefined;
      if (now === undefined) return new Map();
      const certificates = next(now.certificates).toSorted(byName);
      return new Map([[tenant, { ...now, certificates }]]);
    },
    write: async () => (isThere ? await write() : null),
  });
  return isThere ? result : null;
}

const byName = (one: LiveCertificate, other: LiveCertificate): number =>
  one.name < other.name ? -1 : 1;
