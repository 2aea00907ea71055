// The account at an authority and proofs of orders, sealed as secrets are, and how orders stand.
// Orders change nothing that anybody has set, so the audit log says nothing of them.

import type { AcmeAccount, AcmeClaim, AcmeOrder, AcmeProof, AcmeStore } from "./acme-store.ts";
import type { Row } from "./row.ts";
import type { SecretKeys } from "./secret-keys.ts";
import { type Engine, engineTimeMs, type Steps, together } from "./steps.ts";
import type { Tables } from "./tables.ts";

export class AcmeRows implements AcmeStore {
  readonly #tables: Tables;
  readonly #keys: SecretKeys;
  readonly #engine: Pick<Engine, "read" | "write">;

  /** @param engine  writes nothing while nothing may be changed */
  constructor(tables: Tables, keys: SecretKeys, engine: Pick<Engine, "read" | "write">) {
    this.#tables = tables;
    this.#keys = keys;
    this.#engine = engine;
  }

  async acmeAccount(directory: string): Promise<AcmeAccount | null> {
    const row = await this.#engine.read(this.#tables.acmeAccounts.get(directory));
    return row === null ? null : { url: row.text("url"), key: openedKey(row, this.#keys) };
  }

  async putAcmeAccount(directory: string, { url, key }: AcmeAccount): Promise<void> {
    const { keyId, sealed } = this.#keys.seal(key, placeOf(directory));
    const action = url === "" ? "acme.key" : "acme.account";
    const audit = { actor: "sluice", action, tenant: null, target: directory, detail: { url } };
    const row = { directory, url, key_id: keyId, sealed };
    const put = () => this.#tables.acmeAccounts.put(row);
    await this.#engine.write(this.#tables.change(audit, put));
  }

  async acmeOrders(): Promise<readonly AcmeOrder[]> {
    return (await this.#engine.read(this.#tables.acmeOrders.list("ORDER BY host"))).map(toOrder);
  }

  claimAcmeOrder(claim: AcmeClaim): Promise<boolean> {
    return this.#engine.write({ audit: [], steps: claimed(this.#tables, claim) });
  }

  endAcmeOrder(at: Held, then: Outcome | null): Promise<void> {
    return this.#engine.write({ audit: [], steps: ended(this.#tables, at, then) });
  }

  putAcmeProof({ host, forMs, text }: AcmeProof & { readonly forMs: number }): Promise<number> {
    const { acmeProofs } = this.#tables;
    const { keyId, sealed } = this.#keys.seal(text, proofOf(host));
    const put = function* (nowMs: number): Steps<void> {
      // of a proxy that died, of a host that nobody has any more
      yield* acmeProofs.eraseSome("WHERE until_ms <= ?", [nowMs]);
      yield* acmeProofs.put({ host, until_ms: nowMs + forMs, key_id: keyId, sealed });
    };
    return this.#engine.write(this.#tables.reviseBy([], engineTimeMs(), put));
  }

  async acmeProofs(): Promise<readonly AcmeProof[]> {
    const rows = await this.#engine.read(this.#tables.acmeProofs.list("ORDER BY host"));
    // whoever has not the key cannot show it, and goes on with everything else
    const ours = rows.filter((row) => this.#keys.has(row.text("key_id")));
    return ours.map((row) => {
      const host = row.text("host");
      const known = { keyId: row.text("key_id"), sealed: row.bytes("sealed") };
      return { host, text: this.#keys.open(known, proofOf(host)) };
    });
  }

  async endAcmeProof(host: string): Promise<void> {
    const { acmeProofs } = this.#tables;
    await this.#engine.write({ audit: [], steps: acmeProofs.remove(host) });
  }
}

type Held = Pick<AcmeOrder, "host" | "holder">;
type Outcome = Pick<AcmeOrder, "failures" | "nextMs" | "error">;

function* claimed({ acmeOrders }: Tables, { host, holder, forMs }: AcmeClaim): Steps<boolean> {
  const [row, nowMs] = yield* together([acmeOrders.get(host), engineTimeMs()]);
  const known = row === null ? null : toOrder(row);
  if (known !== null && known.untilMs > nowMs && known.holder !== holder) return false;
  const { failures = 0, nextMs = 0, error = "" } = known ?? {};
  const order = { host, holder, until_ms: nowMs + forMs };
  yield* acmeOrders.put({ ...order, failures, next_ms: nextMs, error });
  return true;
}

function* ended({ acmeOrders }: Tables, at: Held, then: Outcome | null): Steps<void> {
  const { host, holder } = at;
  if ((yield* acmeOrders.get(host))?.text("holder") !== holder) return;
  if (then === null) {
    yield* acmeOrders.remove(host);
    return;
  }
  const { failures, nextMs, error } = then;
  yield* acmeOrders.put({ host, holder, until_ms: 0, failures, next_ms: nextMs, error });
}

/** Its key with the newest of our keys. */
export function* resealAccount(tables: Tables, keys: SecretKeys, row: Row): Steps<void> {
  const directory = row.text("directory");
  const { keyId, sealed } = keys.seal(openedKey(row, keys), placeOf(directory));
  yield* tables.acmeAccounts.put({ directory, url: row.text("url"), key_id: keyId, sealed });
}

const openedKey = (row: Row, keys: SecretKeys): string => {
  const place = placeOf(row.text("directory"));
  return keys.open({ keyId: row.text("key_id"), sealed: row.bytes("sealed") }, place);
};

const proofOf = (host: string) => ({ tenant: "(acme proof)", name: host });

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
