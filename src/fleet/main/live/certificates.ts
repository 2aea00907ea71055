// When the certificates that serve expire: told to whoever scrapes, and to the log in time to do
// something about it.

import { X509Certificate } from "node:crypto";
import { type CertificateFacts, factsOf } from "../../../base/certificates/facts.ts";
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
export function warnOfExpiry(serving: Desired, logger: Logger): void {
  for (const { name, serial, expiresAtMs, tenant } of served(serving)) {
    const days = Math.floor((expiresAtMs - Date.now()) / DAY_MS);
    if (days >= WARNED_DAYS) continue;
    const expiry = new Date(expiresAtMs).toISOString();
    const text = days < 0 ? "a certificate has expired" : "a certificate expires soon";
    const whose = tenant === null ? {} : { tenant };
    logger.warn({ certificate: name, serial, expiry, ...whose }, text);
  }
}

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
