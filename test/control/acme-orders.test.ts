// For which names certificates are ordered, when, and what comes of what goes wrong.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { factsOf } from "../../src/base/certificates/facts.ts";
import { sharePem } from "../../src/base/certificates/shared-pem.ts";
import type { OrderParts } from "../../src/control/certificates/acme/authority.ts";
import { orderCertificate } from "../../src/control/certificates/acme/authority.ts";
import { backOffMs } from "../../src/control/certificates/acme/back-off.ts";
import { HourlyOrders } from "../../src/control/certificates/acme/hourly-orders.ts";
import {
  certificateName,
  inTurn,
  wantedNames,
} from "../../src/control/certificates/acme/wanted.ts";
import type { LiveCertificate } from "../../src/control/certificates/live-certificate.ts";
import type { LiveTenant } from "../../src/control/live.ts";
import type { CertificateOrigin } from "../../src/control/store/records.ts";
import { StoreError } from "../../src/control/store/store.ts";
import { freePort } from "../support/free-port.ts";
import { ACME, authority, Stand, settled, tenant } from "./acme-stand.ts";

const HOUR_MS = 3_600_000;

async function issued(origin: CertificateOrigin, ...names: string[]): Promise<LiveCertificate> {
  return await issuedFor(2, origin, ...names);
}

async function issuedFor(
  days: number,
  origin: CertificateOrigin,
  ...names: string[]
): Promise<LiveCertificate> {
  const pair = await authority.issue({ names, days });
  const facts = factsOf(new X509Certificate(pair.cert));
  const name = origin === "acme" ? certificateName(names[0] ?? "") : "put";
  return { name, origin, facts, pem: sharePem(pair) };
}

const nowMs = Date.now();

const names = (...tenants: readonly LiveTenant[]): readonly string[] =>
  wantedNames({
    ...{ acme: ACME, tenants, nowMs },
    given: [
      { names: ["given.example", "*.given.example"], expiresAtMs: nowMs + HOUR_MS },
      { names: ["left.example"], expiresAtMs: nowMs - HOUR_MS },
    ],
  }).map(({ host }) => host);

test("hosts of tenants alone are ordered, and those that an authority can know", () => {
  const hosts = ["a.example", "localhost", "127.0.0.1", "*", "*.w.example"];
  assert.deepEqual(names(tenant(hosts)), ["a.example"]);
  assert.deepEqual(names(), []);
  assert.deepEqual(names(tenant(["a.example"], [], { acme: false })), []);
  const dns = { command: ["set"], waitMs: 1 };
  const [wild] = wantedNames({
    ...{ acme: { ...ACME, dns }, tenants: [tenant(["*.w.example"])], given: [], nowMs },
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

test("what somebody else saw to is ordered once it has expired", async () => {
  assert.deepEqual(names(tenant(["left.example"])), ["left.example"]);
  const put = await issuedFor(-1, "api", "put.example");
  assert.deepEqual(names(tenant(["put.example"], [put])), ["put.example"]);
});

test("it is renewed when a third of its lifetime is left, not all at one moment", async () => {
  const own = await issued("acme", "a.example");
  const { notBeforeMs, expiresAtMs } = own.facts;
  const tenants = [tenant(["a.example"], [own])];
  const [wanted] = wantedNames({ acme: ACME, tenants, given: [], nowMs });
  const share = ((wanted?.fromMs ?? 0) - notBeforeMs) / (expiresAtMs - notBeforeMs);
  assert.ok(share > 0.61 && share <= 2 / 3, String(share));
});

test("each failure doubles the wait, up to a day, and no two wait equally long", () => {
  assert.equal(backOffMs(1, 0.5), 60_000);
  assert.equal(backOffMs(4, 0.5), 480_000);
  assert.equal(backOffMs(1_000, 0.5), 24 * HOUR_MS);
  assert.ok(backOffMs(1, 0) < backOffMs(1, 1));
});

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

test("within an hour no more are begun than is said, however many names want one", async (t) => {
  await using stand = await Stand.make(({ host }) => authority.issue({ names: [host] }));
  stand.tenants = [tenant(Array.from({ length: 9 }, (_, i) => `n${i}.example`))];
  const orders = stand.orders({ ...ACME, ordersPerHour: 3 });
  const expectOrdered = async (count: number): Promise<void> => {
    for (let after = 0; after < 20; after += stand.asked.length < count ? 0 : 1) {
      await orders.look();
      await new Promise(setImmediate);
    }
    assert.equal(stand.asked.length, count);
  };
  await expectOrdered(3);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + HOUR_MS });
  stand.tenants = [...stand.tenants];
  await expectOrdered(6);
});

test("an order that another process has counts for that one alone", () => {
  const hourly = new HourlyOrders();
  hourly.begin(1);
  hourly.begin(2);
  assert.equal(hourly.freeMs(2, 3), 1 + HOUR_MS);
  hourly.takeBack();
  assert.equal(hourly.freeMs(2, 3), 0);
  assert.equal(hourly.freeMs(1, 3), 1 + HOUR_MS);
});

test("an order that cannot be claimed has not begun", async (t) => {
  const pair = await authority.issue({ names: ["a.example"] });
  const begun = Promise.withResolvers<void>();
  await using stand = await Stand.make(async () => {
    begun.resolve();
    return pair;
  });
  const orders = stand.orders({ ...ACME, ordersPerHour: 1 });
  const claim = t.mock.method(stand.opened.store.acme, "claimAcmeOrder", async () => {
    throw new StoreError("paused", "for now");
  });
  await orders.look();
  await new Promise(setImmediate);
  assert.equal(claim.mock.callCount(), 1);
  claim.mock.restore();
  await orders.look();
  await begun.promise;
  await stand.row(settled);
});

test("a clock that is set back lets nobody wait for longer than an hour", () => {
  const hourly = new HourlyOrders();
  hourly.begin(1_000 * HOUR_MS);
  assert.equal(hourly.freeMs(1, HOUR_MS), 2 * HOUR_MS);
  assert.equal(hourly.freeMs(1, 2 * HOUR_MS), 0);
});

test("renewals go before new names, and a name of each tenant before another of one", async () => {
  const [old, dead] = await Promise.all([
    issuedFor(-1, "acme", "old.example"),
    issuedFor(-1, "acme", "dead.example"),
  ]);
  const many = tenant(["n1.example", "n2.example", "n3.example", "n4.example"]);
  const other = { ...tenant(["m.example", "old.example"], [old]), id: "other-1" };
  const left = { ...tenant(["dead.example"], [dead]), id: "left-1" };
  const wanted = wantedNames({ acme: ACME, tenants: [left, many, other], given: [], nowMs });
  const row = { holder: "", untilMs: 0, failures: 1, error: "no" };
  const orders = new Map([
    ["n1.example", { ...row, host: "n1.example", nextMs: nowMs + 1 }],
    ["dead.example", { ...row, host: "dead.example", nextMs: nowMs }],
  ]);
  assert.deepEqual(
    inTurn(wanted, orders, nowMs).map(({ name }) => name.host),
    [
      ...["old.example", "n2.example", "m.example", "dead.example"],
      ...["n3.example", "n4.example", "n1.example"],
    ],
  );
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
