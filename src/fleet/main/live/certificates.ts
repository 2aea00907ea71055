// What there is to say of the certificates that serve: when they expire, to whoever scrapes, and to
// the log in time to do something about it; and which are for nobody's host.

import { X509Certificate } from "node:crypto";
import { type CertificateFacts, factsOf, wildcardOf } from "../../../base/certificates/facts.ts";
import type { CertificateText } from "../../../base/config/types.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";
import type { DesiredState } from "./reconciler.ts";

const DAY_MS = 86_400_000;
/** Whoever renews by machine does it a month before: two weeks say that the machine has failed. */
const WARNED_DAYS = 14;

type Desired = Pick<DesiredState, "config" | "roster">;

/** At each scrape: what serves changes in several ways. */
export function setExpiries(serving: Desired, metrics: Metrics): void {
  metrics.clear("sluice_certificate_expiry_seconds");
  for (const { name, serial, expiresAtMs } of served(serving)) {
    const seconds = Math.floor(expiresAtMs / 1000);
    metrics.gauge("sluice_certificate_expiry_seconds", name, serial).set(seconds);
  }
}

/** To be called at a start and at each reload. */
export function warnOfCertificates(serving: Desired, logger: Logger): void {
  warnOfExpiry(serving, logger);
  warnOfUnused(serving, logger);
  warnOfNoTls(serving, logger);
}

function warnOfExpiry(serving: Desired, logger: Logger): void {
  for (const { name, serial, expiresAtMs, tenant } of served(serving)) {
    const days = Math.floor((expiresAtMs - Date.now()) / DAY_MS);
    if (days >= WARNED_DAYS) continue;
    const expiry = new Date(expiresAtMs).toISOString();
    const text = days < 0 ? "a certificate has expired" : "a certificate expires soon";
    const whose = tenant === null ? {} : { tenant };
    logger.warn({ certificate: name, serial, expiry, ...whose }, text);
  }
}

/**
 * A listener's that names no host of any tenant: one of the two is misspelt, or that tenant is
 * gone. Where there are no tenants yet, nothing can be said; nor of a certificate that names no
 * host: it may be for an address.
 */
function warnOfUnused({ config, roster }: Desired, logger: Logger): void {
  const hosts = new Set([...roster.values()].flatMap((tenant) => tenant.config.hosts));
  if (hosts.size === 0) return;
  const wildcards = new Set([...hosts].map(wildcardOf));
  const isUsed = (name: string): boolean =>
    hosts.has("*") || hosts.has(name) || wildcards.has(name) || isBelow(name, hosts);
  for (const text of config.listeners.flatMap(({ tls }) => tls?.certificates ?? [])) {
    const { names, serial } = factsOfText(text);
    if (names.length === 0 || names.some(isUsed)) continue;
    logger.warn({ certificate: names[0], serial }, "a certificate is for no host of any tenant");
  }
}

/** A tenant's `*.example.com` is all that is below it. */
function isBelow(name: string, hosts: ReadonlySet<string>): boolean {
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    if (hosts.has(`*${name.slice(dot)}`)) return true;
  }
  return false;
}

/** The file is refused in such a case; what is stored was made before the file was so. */
function warnOfNoTls({ config, roster }: Desired, logger: Logger): void {
  if (config.listeners.some(({ tls }) => tls !== null)) return;
  const tenants = [...roster.values()]
    .filter((tenant) => tenant.config.clientCertificates?.isRequired === true)
    .map((tenant) => tenant.config.name);
  if (tenants.length === 0) return;
  const named = { tenants: tenants.slice(0, NAMES_SHOWN), count: tenants.length };
  logger.warn(named, "no listener speaks TLS: who requires client certificates serves nobody");
}

const NAMES_SHOWN = 5;

interface Served extends Pick<CertificateFacts, "serial" | "expiresAtMs"> {
  /** The first host that it is for. */
  readonly name: string;
  /** Null: a listener's. */
  readonly tenant: string | null;
}

function* served({ config, roster }: Desired): Generator<Served> {
  for (const { tls } of config.listeners) {
    for (const text of tls?.certificates ?? []) yield servedOf(factsOfText(text), null);
  }
  for (const [tenant, { certificates }] of roster) {
    for (const { facts } of certificates) yield servedOf(facts, tenant);
  }
}

const servedOf = (facts: CertificateFacts, tenant: string | null): Served => {
  const { names, subject, serial, expiresAtMs } = facts;
  return { name: names[0] ?? subject, serial, expiresAtMs, tenant };
};

const PARSED = new WeakMap<CertificateText, CertificateFacts>();

/** They are parsed once. */
export function factsOfText(text: CertificateText): CertificateFacts {
  const known = PARSED.get(text) ?? factsOf(new X509Certificate(text.cert));
  PARSED.set(text, known);
  return known;
}
