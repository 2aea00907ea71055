// The account at an authority, its key sealed as secrets are, and how orders stand. Orders change
// nothing that anybody has set, so the audit log says nothing of them.

import type { AcmeAccount, AcmeClaim, AcmeOrder, AcmeStore } from "./acme-store.ts";
import type { Row } from "./row.ts";
import type { SecretKeys } from "./secret-keys.ts";
import type { Tables } from "./tables.ts";

export class AcmeRows implements AcmeStore {
  readonly #tables: Tables;
  readonly #keys: SecretKeys;
  readonly #writable: () => Tables;

  /** @param writable  throws while nothing may be changed */
  constructor(tables: Tables, keys: SecretKeys, writable: () => Tables) {
    this.#tables = tables;
    this.#keys = keys;
    this.#writable = writable;
  }

  async acmeAccount(directory: string): Promise<AcmeAccount | null> {
    const row = this.#tables.acmeAccounts.get(directory);
    return row === null ? null : { url: row.text("url"), key: openedKey(row, this.#keys) };
  }

  async putAcmeAccount(directory: string, { url, key }: AcmeAccount): Promise<void> {
    const { keyId, sealed } = this.#keys.seal(key, placeOf(directory));
    const action = url === "" ? "acme.key" : "acme.account";
    const audit = { actor: "sluice", action, tenant: null, target: directory, detail: { url } };
    const tables = this.#writable();
    tables.change(audit, () => {
      tables.acmeAccounts.put({ directory, url, key_id: keyId, sealed });
    });
  }

  async acmeOrders(): Promise<readonly AcmeOrder[]> {
    return this.#tables.acmeOrders.list("ORDER BY host").map(toOrder);
  }

  async claimAcmeOrder({ host, holder, nowMs, untilMs }: AcmeClaim): Promise<boolean> {
    const { database, acmeOrders } = this.#writable();
    return database.write(() => {
      const row = acmeOrders.get(host);
      const known = row === null ? null : toOrder(row);
      if (known !== null && known.untilMs > nowMs && known.holder !== holder) return false;
      const { failures = 0, nextMs = 0, error = "" } = known ?? {};
      acmeOrders.put({
        ...{ host, holder, until_ms: untilMs },
        ...{ failures, next_ms: nextMs, error },
      });
      return true;
    });
  }

  async endAcmeOrder(
    { host, holder }: Pick<AcmeOrder, "host" | "holder">,
    then: Pick<AcmeOrder, "failures" | "nextMs" | "error"> | null,
  ): Promise<void> {
    const { database, acmeOrders } = this.#writable();
    database.write(() => {
      if (acmeOrders.get(host)?.text("holder") !== holder) return;
      if (then === null) return void acmeOrders.remove(host);
      const { failures, nextMs, error } = then;
      acmeOrders.put({ host, holder, until_ms: 0, failures, next_ms: nextMs, error });
    });
  }
}

/** Its key with the newest of our keys. */
export function resealAccount(tables: Tables, keys: SecretKeys, row: Row): void {
  const directory = row.text("directory");
  const { keyId, sealed } = keys.seal(openedKey(row, keys), placeOf(directory));
  tables.acmeAccounts.put({ directory, url: row.text("url"), key_id: keyId, sealed });
}

const openedKey = (row: Row, keys: SecretKeys): string => {
  const place = placeOf(row.text("directory"));
  return keys.open({ keyId: row.text("key_id"), sealed: row.bytes("sealed") }, place);
};

/** No tenant can have such a name. */
const placeOf = (directory: string) => ({ tenant: "(acme)", name: directory });

const toOrder = (row: Row): AcmeOrder => ({
  host: row.text("host"),
  holder: row.text("holder"),
  untilMs: row.integer("until_ms"),
  failures: row.integer("failures"),
  nextMs: row.integer("next_ms"),
  error: row.text("error"),
});
