// Certificates of tenants on their way from the store to the workers. A list stays the same object
// as long as nothing about it changes: neither is it decrypted again, nor sent again.

import { createHash } from "node:crypto";
import {
  type LiveCertificate,
  toLiveCertificate,
} from "../../../control/certificates/live-certificate.ts";
import { NO_CERTIFICATES } from "../../../control/live.ts";
import type { CertificateSummary } from "../../../control/store/records.ts";
import type { Store } from "../../../control/store/store.ts";
import type { Logger } from "../../../observe/log.ts";
import type { CertificateSpec } from "../../shared/messages.ts";

interface Known {
  /** What the list was made of. */
  readonly key: string;
  readonly list: readonly LiveCertificate[];
}

export class TenantCertificates {
  readonly #store: Pick<Store, "certificates" | "certificate"> | null;
  readonly #logger: Logger;
  /** By the tenant's identity. */
  readonly #known = new Map<string, Known>();

  constructor(store: Pick<Store, "certificates" | "certificate"> | null, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Without those that cannot be decrypted: the log says why. */
  async of(tenant: string, id: string): Promise<readonly LiveCertificate[]> {
    const stored = (await this.#store?.certificates(tenant)) ?? [];
    if (stored.length === 0) {
      this.#known.delete(id);
      return NO_CERTIFICATES;
    }
    const key = stored.map(keyOf).join("\n");
    const known = this.#known.get(id);
    if (known?.key === key) return known.list;
    const list: LiveCertificate[] = [];
    for (const { name } of stored) list.push(...(await this.#read(tenant, name)));
    this.#known.set(id, { key, list });
    return list;
  }

  /** Those of all others are not needed any more. @param ids  of tenants */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
  }

  async #read(tenant: string, name: string): Promise<readonly LiveCertificate[]> {
    try {
      const found = await this.#store?.certificate(tenant, name);
      return found === undefined ? [] : [toLiveCertificate(found)];
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#logger.error({ tenant, certificate: name, reason }, "a certificate is not served");
      return [];
    }
  }
}

const keyOf = ({ name, fingerprint, changedAtMs }: CertificateSummary): string =>
  `${name} ${fingerprint} ${changedAtMs}`;

const SPECS = new WeakMap<readonly LiveCertificate[], readonly CertificateSpec[]>();

/** As workers get them: equal lists give the same. */
export function certificateSpecs(list: readonly LiveCertificate[]): readonly CertificateSpec[] {
  const known = SPECS.get(list);
  if (known !== undefined) return known;
  // what somebody has put comes before what was ordered: of two for one name the first is shown
  const ordered = list.toSorted((one, other) => rankOf(one) - rankOf(other));
  const specs = ordered.map(({ facts, pem }): CertificateSpec => {
    const { names, kind, notBeforeMs, expiresAtMs } = facts;
    const hash = createHash("sha256").update(new Uint8Array(pem.bytes)).digest("base64");
    return { names, kind, hash, pem, notBeforeMs, expiresAtMs };
  });
  SPECS.set(list, specs);
  return specs;
}

const rankOf = ({ origin }: LiveCertificate): number => (origin === "acme" ? 1 : 0);
