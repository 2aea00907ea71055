// For which names certificates are ordered, when, and what comes of what goes wrong.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { factsOf } from "../../src/base/certificates/facts.ts";
import { sharePem } from "../../src/base/certificates/shared-pem.ts";
import type { AcmeConfig } from "../../src/base/config/acme-types.ts";
import { parseTenant } from "../../src/base/config/tenant.ts";
import type { OrderParts } from "../../src/control/certificates/acme/authority.ts";
import { orderCertificate } from "../../src/control/certificates/acme/authority.ts";
import { backOffMs } from "../../src/control/certificates/acme/back-off.ts";
import { AcmeOrders } from "../../src/control/certificates/acme/orders.ts";
import {
  SharedProofs,
  type ShownProof,
} from "../../src/control/certificates/acme/shared-proofs.ts";
import { certificateName, wantedNames } from "../../src/control/certificates/acme/wanted.ts";
import type { LiveCertificate } from "../../src/control/certificates/live-certificate.ts";
import { type Live, type LiveTenant, NO_SCRIPTS } from "../../src/control/live.ts";
import type { Node, Nodes } from "../../src/control/nodes.ts";
import type { AcmeOrder } from "../../src/control/store/acme-store.ts";
import type { CertificateOrigin } from "../../src/control/store/records.ts";
import { createLogger } from "../../src/observe/log.ts";
import { Metrics } from "../../src/observe/metrics.ts";
import { Authority } from "../support/authority.ts";
import { freePort } from "../support/free-port.ts";
import { memoryStore } from "./store-stand.ts";

const authority = await Authority.make();
const HOUR_MS = 3_600_000;
const ACME: AcmeConfig = {
  ...{ directory: "https://localhost/dir", contact: [], ca: null, externalAccount: null },
  ...{ challenges: ["http-01", "tls-alpn-01"], dns: null },
};

async function issued(origin: CertificateOrigin, ...names: string[]): Promise<LiveCertificate> {
  const pair = await authority.issue({ names });
  const facts = factsOf(new X509Certificate(pair.cert));
  const name = origin === "acme" ? certificateName(names[0] ?? "") : "put";
  return { name, origin, facts, pem: sharePem(pair) };
}

function tenant(
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

const names = (...tenants: readonly LiveTenant[]): readonly string[] =>
  wantedNames({
    acme: ACME,
    tenants,
    given: [{ names: ["given.example", "*.given.example"] }],
  }).map(({ host }) => host);

test("hosts of tenants alone are ordered, and those that an authority can know", () => {
  const hosts = ["a.example", "localhost", "127.0.0.1", "*", "*.w.example"];
  assert.deepEqual(names(tenant(hosts)), ["a.example"]);
  assert.deepEqual(names(), []);
  assert.deepEqual(names(tenant(["a.example"], [], { acme: false })), []);
  const dns = { command: ["set"], waitMs: 1 };
  const [wild] = wantedNames({
    ...{ acme: { ...ACME, dns }, tenants: [tenant(["*.w.example"])], given: [] },
  });
  assert.equal(wild?.host, "*.w.example");
});

test("what somebody else sees to is not ordered", async () => {
  assert.deepEqual(names(tenant(["given.example", "any.given.example"])), []);
  const put = await issued("api", "put.example", "*.put.example");
  assert.deepEqual(names(tenant(["put.example", "x.put.example", "a.example"], [put])), [
    "a.example",
  ]);
});

test("it is renewed when a third of its lifetime is left, not all at one moment", async () => {
  const own = await issued("acme", "a.example");
  const { notBeforeMs, expiresAtMs } = own.facts;
  const [wanted] = wantedNames({ acme: ACME, tenants: [tenant(["a.example"], [own])], given: [] });
  const share = ((wanted?.fromMs ?? 0) - notBeforeMs) / (expiresAtMs - notBeforeMs);
  assert.ok(share > 0.61 && share <= 2 / 3, String(share));
});

test("each failure doubles the wait, up to a day, and no two wait equally long", () => {
  assert.equal(backOffMs(1, 0.5), 60_000);
  assert.equal(backOffMs(4, 0.5), 480_000);
  assert.equal(backOffMs(1_000, 0.5), 24 * HOUR_MS);
  assert.ok(backOffMs(1, 0) < backOffMs(1, 1));
});

class Stand implements AsyncDisposable {
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

const settled = (row: AcmeOrder | undefined): boolean => row === undefined || row.untilMs === 0;

test("a refusal is kept as one line, and the name waits with the next challenge", async () => {
  await using stand = await Stand.make(async () => {
    throw new Error("cannot order: no\r\n\u001b[31m more\u2028 than a line");
  });
  const orders = stand.orders();
  await orders.look();
  const row = await stand.row((one) => one?.failures === 1);
  assert.equal(row?.error, "cannot order: no [31m more than a line");
  assert.ok((row?.nextMs ?? 0) > Date.now() + 30_000);
  await orders.look();
  assert.equal(stand.asked.length, 1, "it did not wait");
  assert.deepEqual(
    stand.asked.map(({ type }) => type),
    ["http-01"],
  );
});

test("two processes with one store order a name once", async () => {
  const pair = await authority.issue({ names: ["a.example"] });
  await using stand = await Stand.make(async () => pair);
  await Promise.all([stand.orders().look(), stand.orders().look()]);
  await stand.row(settled);
  assert.equal(stand.asked.length, 1);
  const [stored] = await stand.opened.store.certificates("shop");
  assert.deepEqual([stored?.origin, stored?.names], ["acme", ["a.example"]]);
});

test("an order ends with its tenant: nothing is answered or stored, and nothing counted", async () => {
  const begun = Promise.withResolvers<OrderParts>();
  await using stand = await Stand.make(async (parts) => {
    await using _shown = await parts.show({ type: "http-01", token: "t", answer: "t.x" });
    begun.resolve(parts);
    await new Promise((resolve) => parts.signal.addEventListener("abort", resolve));
    return await authority.issue({ names: ["a.example"] });
  });
  const orders = stand.orders();
  await orders.look();
  await begun.promise;
  assert.equal(stand.told.at(-1)?.length, 1);
  stand.tenants = [];
  await orders.look();
  const row = await stand.row(settled);
  assert.equal(row?.failures, 0);
  assert.deepEqual(stand.told.at(-1), []);
  assert.deepEqual(await stand.opened.store.certificates("shop"), []);
});

/** Another proxy, which serves what the store had at this revision. */
const nodeAt = (revision: number): Node => ({
  ...{ id: "other", name: "other", version: "1", startedAtMs: 0, silentMs: 0, address: "" },
  ...{ isLive: true, isDrained: false, isGuardian: false, refusal: null, revision },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
});

test("the authority is asked to look when the other proxies answer it too", async () => {
  const begun = Promise.withResolvers<void>();
  const pair = await authority.issue({ names: ["a.example"] });
  await using stand = await Stand.make(async (parts) => {
    await using _shown = await parts.show({ type: "http-01", token: "t", answer: "t.x" });
    begun.resolve();
    return pair;
  });
  const { store } = stand.opened;
  const [{ number: before }, asked] = [await store.revision(), Promise.withResolvers<void>()];
  let served = before;
  stand.nodes = {
    id: "this",
    list: async () => {
      asked.resolve();
      const { number: newest } = await store.revision();
      return { nodes: [nodeAt(served)], newest, asOfMs: Date.now(), isStale: false };
    },
    setDrained: async () => {},
  };
  await stand.orders().look();
  await asked.promise;
  const [proof] = await store.acme.acmeProofs();
  const shown = { type: "http-01", token: "t", answer: "t.x", host: "a.example" };
  assert.deepEqual(JSON.parse(proof?.text ?? ""), shown);
  assert.equal(await Promise.race([begun.promise, Promise.resolve("waits")]), "waits");
  ({ number: served } = await store.revision());
  await begun.promise;
  await stand.row(settled);
  assert.deepEqual(await store.acme.acmeProofs(), []);
});

test("a certificate for another name than the one that was ordered is not served", async () => {
  const pair = await authority.issue({ names: ["b.example"] });
  await using stand = await Stand.make(async () => pair);
  await stand.orders().look();
  const row = await stand.row((one) => one?.failures === 1);
  assert.match(row?.error ?? "", /what the authority issued: .*for one of a\.example/);
});

test("failures in a row of whatever names let all of them wait", async () => {
  await using stand = await Stand.make(async () => {
    throw new Error("no");
  });
  stand.tenants = [tenant(Array.from({ length: 40 }, (_, i) => `n${i}.example`))];
  const orders = stand.orders();
  for (let i = 0; i < 40; i++) {
    await orders.look();
    await new Promise(setImmediate);
  }
  assert.ok(stand.asked.length >= 5 && stand.asked.length <= 7, String(stand.asked.length));
});

test("a directory that cannot be reached is said in a sentence, and its account kept", async () => {
  const directory = `https://127.0.0.1:${await freePort()}/dir`;
  await using stand = await Stand.make((parts) => orderCertificate(parts));
  await stand.orders({ ...ACME, directory }).look();
  const row = await stand.row((one) => one?.failures === 1);
  assert.match(row?.error ?? "", /^cannot reach the authority: connect ECONNREFUSED 127\.0\.0\.1/);
  const account = await stand.opened.store.acme.acmeAccount(directory);
  assert.equal(account?.url, "");
  assert.match(account?.key ?? "", /PRIVATE KEY/);
});
