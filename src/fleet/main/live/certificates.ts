// When the certificates of the listeners expire: told to whoever scrapes, and to the log in time to
// do something about it.

import { X509Certificate } from "node:crypto";
import type { Config } from "../../../base/config/types.ts";
import { namesOf } from "../../../downstream/tls/certificates.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";

const DAY_MS = 86_400_000;
/** Whoever renews by machine does it a month before: two weeks say that the machine has failed. */
const WARNED_DAYS = 14;

/** To be called for each configuration that serves. */
export function noteCertificates(config: Config, metrics: Metrics, logger: Logger): void {
  metrics.clear("sluice_certificate_expiry_seconds");
  for (const { tls } of config.listeners) {
    for (const { cert } of tls?.certificates ?? [])
      note(new X509Certificate(cert), metrics, logger);
  }
}

function note(certificate: X509Certificate, metrics: Metrics, logger: Logger): void {
  const [name = certificate.subject] = namesOf(certificate);
  const serial = certificate.serialNumber;
  const endMs = certificate.validToDate.getTime();
  metrics.gauge("sluice_certificate_expiry_seconds", name, serial).set(Math.floor(endMs / 1000));
  const days = Math.floor((endMs - Date.now()) / DAY_MS);
  if (days >= WARNED_DAYS) return;
  const expiry = certificate.validToDate.toISOString();
  const text = days < 0 ? "a certificate has expired" : "a certificate expires soon";
  logger.warn({ certificate: name, serial, expiry }, text);
}
