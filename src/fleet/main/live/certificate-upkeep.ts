// What is done about certificates while the proxy runs: files that somebody renews are read again,
// and what is missing or old is ordered from the authority that the configuration names.

import type { Config } from "../../../base/config/types.ts";
import { LIMITS } from "../../../base/limits.ts";
import { orderCertificate } from "../../../control/certificates/acme/authority.ts";
import { AcmeOrders, type OrderInput } from "../../../control/certificates/acme/orders.ts";
import { SharedProofs } from "../../../control/certificates/acme/shared-proofs.ts";
import type { Live } from "../../../control/live.ts";
import type { Nodes } from "../../../control/nodes.ts";
import type { Store } from "../../../control/store/store.ts";
import { CertificateFiles, type CertificateFilesOptions } from "./certificate-files.ts";
import { factsOfText, warnOfCertificates } from "./certificates.ts";
import type { Proofs } from "./proofs.ts";

export interface UpkeepOptions extends CertificateFilesOptions {
  readonly live: Pick<Live, "change">;
  /** Null: there is nowhere to keep what is ordered. */
  readonly store: Store | null;
  readonly proofs: Proofs;
  /** Null: no other proxy shares the store. */
  readonly nodes: Nodes | null;
}

export class CertificateUpkeep implements Disposable {
  readonly #files: CertificateFiles;
  readonly #orders: AcmeOrders | null;
  readonly #timer: NodeJS.Timeout;

  /** From when on the proxy serves. */
  constructor(options: UpkeepOptions) {
    const { reconciler, logger, metrics, live, store, proofs, nodes } = options;
    warnOfCertificates(reconciler.desired, logger);
    this.#files = new CertificateFiles(options);
    const serving = (): OrderInput => {
      const { desired } = reconciler;
      const { config, roster } = desired;
      const { acme } = config;
      const given = acme === null ? [] : givenBy(config);
      return { acme, tenants: roster.values(), given, state: desired };
    };
    this.#orders =
      store === null
        ? null
        : new AcmeOrders({
            ...{ serving, live, store, logger, metrics, order: orderCertificate },
            tell: (own) => proofs.show(own),
            others: nodes === null ? null : new SharedProofs({ live, store, nodes }),
          });
    const look = (): void => void this.#orders?.look();
    this.#timer = setInterval(look, LIMITS.certificateLookMs).unref();
    look();
    // an order of another proxy may be under way
    proofs.read().catch((thrown) => logger.error({ err: thrown }, "proofs cannot be read"));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#orders?.end();
    this.#files[Symbol.dispose]();
  }
}

const givenBy = ({ listeners }: Config) =>
  listeners.flatMap(({ tls }) => (tls?.certificates ?? []).map(factsOfText));
