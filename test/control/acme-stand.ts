// What tests of orders of certificates stand on: a store, what serves, an authority of their own.

import assert from "node:assert/strict";
import type { AcmeConfig } from "../../src/base/config/acme-types.ts";
import { parseTenant } from "../../src/base/config/tenant.ts";
import type { OrderParts } from "../../src/control/certificates/acme/authority.ts";
import { AcmeOrders } from "../../src/control/certificates/acme/orders.ts";
import {
  SharedProofs,
  type ShownProof,
} from "../../src/control/certificates/acme/shared-proofs.ts";
import type { LiveCertificate } from "../../src/control/certificates/live-certificate.ts";
import { type Live, type LiveTenant, NO_SCRIPTS } from "../../src/control/live.ts";
import type { Nodes } from "../../src/control/nodes.ts";
import type { AcmeOrder } from "../../src/control/store/acme-store.ts";
import { createLogger } from "../../src/observe/log.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { Authority } from "../support/authority.ts";
import { memoryStore } from "./store-stand.ts";

export const authority = await Authority.make();
export const ACME: AcmeConfig = {
  ...{ directory: "https://localhost/dir", contact: [], ca: null, externalAccount: null },
  ...{ challenges: ["http-01", "tls-alpn-01"], dns: null, ordersPerHour: 100 },
};

export function tenant(
  hosts: readonly string[],
  certificates: readonly LiveCertificate[] = [],
  more: object = {},
): LiveTenant {
  const settings = { hosts, routes: [{ path: "/", answer: { status: 200 } }], ...more };
  const parsed = parseTenant("shop", settings, { caps: {}, isStored: false });
  assert.ok("config" in parsed, JSON.stringify(parsed));
  const base = { id: "shop-1", origin: "store", scripts: NO_SCRIPTS } as const;
  return { ...base, config: parsed.config, certificates };
}

export class Stand implements AsyncDisposable {
  /** What serves; changed by replacing it. */
  tenants: readonly LiveTenant[] = [tenant(["a.example"])];
  readonly asked: OrderParts[] = [];
  readonly told: (readonly ShownProof[])[] = [];
  /** Null: nobody else has the store. */
  nodes: Nodes | null = null;
  readonly opened;
  #order: (parts: OrderParts) => Promise<{ cert: string; key: string }>;
  #state: readonly LiveTenant[] = this.tenants;
  #holder = { state: {} };

  private constructor(
    opened: Awaited<ReturnType<typeof memoryStore>>,
    order: (parts: OrderParts) => Promise<{ cert: string; key: string }>,
  ) {
    this.opened = opened;
    this.#order = order;
  }

  static async make(
    order: (parts: OrderParts) => Promise<{ cert: string; key: string }>,
  ): Promise<Stand> {
    return new Stand(await memoryStore(), order);
  }

  /** One process of those that have the store in common. */
  orders(acme: AcmeConfig = ACME): AcmeOrders {
    const { nodes } = this;
    const live: Pick<Live, "change"> = {
      change: async ({ plan, write }) => {
        await plan(this.tenants);
        return { ok: true, revision: (await write?.()) ?? 0 };
      },
    };
    return new AcmeOrders({
      serving: () => {
        if (this.#state !== this.tenants) this.#holder = { state: {} };
        this.#state = this.tenants;
        return { acme, tenants: this.tenants, given: [], state: this.#holder.state };
      },
      ...{ live, store: this.opened.store },
      others: nodes === null ? null : new SharedProofs({ live, store: this.opened.store, nodes }),
      order: (parts) => {
        this.asked.push(parts);
        return this.#order(parts);
      },
      tell: async (proofs) => void this.told.push(proofs),
      logger: createLogger({ level: "info", format: "json", fields: {} }, { write: () => {} }),
      metrics: new Metrics(),
    });
  }

  async row(fits: (row: AcmeOrder | undefined) => boolean): Promise<AcmeOrder | undefined> {
    for (;;) {
      const [row] = await this.opened.store.acme.acmeOrders();
      if (fits(row)) return row;
      await new Promise(setImmediate);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened.close();
  }
}

export const settled = (row: AcmeOrder | undefined): boolean =>
  row === undefined || row.untilMs === 0;
