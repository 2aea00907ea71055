// Certificates of a tenant, for its own hosts: put, listed, deleted. No answer ever holds a key.

import * as z from "zod";
import { checkPair } from "../../base/certificates/check.ts";
import { mapping } from "../../base/config/fields.ts";
import { LIMITS } from "../../base/limits.ts";
import { deleteCertificate, putCertificate, type Which } from "../certificates/change.ts";
import type { AcmeOrder } from "../store/acme-store.ts";
import type { CertificateSummary } from "../store/records.ts";
import { expectLive } from "./go-live.ts";
import { fieldsError } from "./input.ts";
import { expectTenant } from "./known-tenant.ts";
import { NoTenant } from "./no-tenant.ts";
import { type ApiParts, auditOf } from "./parts.ts";
import { ApiError } from "./problem.ts";
import { type AdminRoute, type Caller, empty, json, NO_BODY, NOTHING, route } from "./route.ts";
import { expectRoom, listingRoute, NAMED } from "./setting-routes.ts";

const CERTIFICATE = z.object({
  name: z.string(),
  hosts: z.array(z.string()).readonly().describe("DNS names that it is for."),
  kind: z.string().describe("Of its key: ec, rsa …"),
  subject: z.string(),
  issuer: z.string(),
  serial: z.string(),
  fingerprint: z.string().describe("SHA-256."),
  notBefore: z.string().describe("ISO 8601."),
  expiresAt: z.string().describe("ISO 8601."),
  origin: z.enum(["api", "acme"]).describe("acme: ordered from an authority, and renewed."),
  changedAtMs: z.int().describe("Milliseconds since 1970."),
});

const ORDER = z.object({
  host: z.string(),
  state: z.enum(["ordering", "waiting"]).describe("waiting: the last try has failed."),
  failures: z.int().describe("In a row."),
  nextAttemptAt: z.string().nullable().describe("ISO 8601; null: it is under way."),
  error: z.string().describe("Of the last failure; empty: there was none."),
});

const CERTIFICATES_PATH = "/v1/tenants/{tenant}/certificates";
const CERTIFICATE_PATH = `${CERTIFICATES_PATH}/{name}`;
const CERT = `a PEM text of at most ${LIMITS.certificateChars} characters`;
const KEY = `a PEM text of at most ${LIMITS.certificateKeyChars} characters`;

type Parts = Pick<ApiParts, "store" | "file" | "live">;

export const certificateRoutes = (parts: Parts): readonly AdminRoute[] => [
  listingRoute(parts, {
    path: CERTIFICATES_PATH,
    summary: "All certificates of a tenant",
    description: "All, by name, never their keys; and orders that are not done.",
    schema: z.object({
      certificates: z.array(CERTIFICATE).readonly(),
      orders: z.array(ORDER).readonly(),
    }),
    read: async (tenant) => {
      const { store, live } = parts;
      const hosts = hostsOf(live, tenant);
      const [all, orders] = [await store.certificates(tenant), await store.acme.acmeOrders()];
      const own = orders.filter(({ host }) => hosts.includes(host));
      return { certificates: all.map(shown), orders: own.map(shownOrder) };
    },
  }),
  putRoute(parts),
  deleteRoute(parts),
];

const putRoute = (parts: Parts): AdminRoute =>
  route({
    method: "PUT",
    path: CERTIFICATE_PATH,
    access: "deployer",
    summary: "Set a certificate: the next handshake for a host of the tenant has it",
    params: NAMED,
    query: NOTHING,
    body: mapping({
      cert: z.string(CERT).max(LIMITS.certificateChars, CERT),
      key: z.string(KEY).max(LIMITS.certificateKeyChars, KEY),
    }),
    answers: { 200: json("What it is; never its key.", CERTIFICATE) },
    problems: {
      404: "There is no such tenant.",
      409: "The tenant has as many as it may have.",
      422: "They are no pair, not valid, or for no host of the tenant: the old one serves on.",
      503: "The proxy has no key to encrypt it with.",
      504: "A worker did not become ready in time: nothing changed.",
    },
  }).handle(async ({ params: { tenant, name }, body, caller }) => {
    const { store, live } = parts;
    const id = await expectTenant(parts, tenant);
    const room = { tenant, what: "certificates", max: LIMITS.tenantCertificates } as const;
    const others = await store.certificates(tenant);
    expectRoom(name, others.filter(isPut), room);
    const hosts = hostsOf(live, tenant);
    const checked = checkPair({ ...body, hosts, nowMs: Date.now() });
    if (!("facts" in checked)) throw fieldsError(checked);
    const { facts, cert, key } = checked;
    const { fingerprint, names } = facts;
    const which = whichOf(caller, { tenant, id, name, detail: { fingerprint, names } }, "put");
    const certificate = { name, origin: "api", ...facts, cert, key } as const;
    const result = await putCertificate(parts, which, certificate);
    if (result === null) throw new NoTenant(tenant);
    expectLive(result);
    const stored = (await store.certificates(tenant)).find((one) => one.name === name);
    if (stored === undefined) throw new ApiError(409, "Somebody else has deleted it meanwhile.");
    return { status: 200, body: shown(stored) };
  });

/** What is ordered is bounded by the hosts that the tenant has. */
const isPut = ({ origin }: CertificateSummary): boolean => origin !== "acme";

const hostsOf = (live: Parts["live"], tenant: string): readonly string[] =>
  live.tenants().find(({ config }) => config.name === tenant)?.config.hosts ?? [];

const deleteRoute = (parts: Parts): AdminRoute =>
  route({
    method: "DELETE",
    path: CERTIFICATE_PATH,
    access: "deployer",
    summary: "Delete a certificate: its hosts get the listener's",
    params: NAMED,
    query: NOTHING,
    body: NO_BODY,
    answers: { 204: empty("It is gone.") },
    problems: {
      404: "There is no such tenant or certificate.",
      504: "A worker did not become ready in time: nothing changed.",
    },
  }).handle(async ({ params: { tenant, name }, caller }) => {
    const id = await expectTenant(parts, tenant);
    const which = whichOf(caller, { tenant, id, name, detail: {} }, "delete");
    const result = await deleteCertificate(parts, which, name);
    if (result === null) throw new NoTenant(tenant);
    expectLive(result);
    return { status: 204 };
  });

interface Named {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const whichOf = (
  caller: Caller,
  { tenant, id, name, detail }: Named,
  verb: "put" | "delete",
): Which => {
  const entry = { tenant, target: `certificate ${name}`, detail };
  return { tenant, id, audit: auditOf(caller, `certificate.${verb}`, entry) };
};

const shownOrder = ({ host, failures, nextMs, untilMs, error }: AcmeOrder) => {
  const isWaiting = untilMs <= Date.now();
  const nextAttemptAt = isWaiting ? new Date(nextMs).toISOString() : null;
  return {
    host,
    state: isWaiting ? "waiting" : "ordering",
    failures,
    nextAttemptAt,
    error,
  } as const;
};

const shown = ({ names, notBeforeMs, expiresAtMs, ...rest }: CertificateSummary) => ({
  ...rest,
  hosts: names,
  notBefore: new Date(notBeforeMs).toISOString(),
  expiresAt: new Date(expiresAtMs).toISOString(),
});
