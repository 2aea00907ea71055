// Certificates for tests, made on the spot: self-signed, so each is its own authority.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const PARTS = /-----BEGIN (PRIVATE KEY|CERTIFICATE)-----[\s\S]*?-----END \1-----\n/g;

/** @param names  what it is for, as OpenSSL writes it: `DNS:origin.test`, `IP:127.0.0.1` */
export const makeCertificate = (...names: readonly string[]): Promise<Certificate> =>
  makeCertificateOn("P-256", ...names);

/** @param curve  of its key, as OpenSSL names it */
export async function makeCertificateOn(
  curve: string,
  ...names: readonly string[]
): Promise<Certificate> {
  const { stdout } = await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${curve}`, "-nodes"],
    ...["-days", "2", "-subj", "/CN=sluice test", "-addext", `subjectAltName=${names.join(",")}`],
    ...["-keyout", "-", "-out", "-"],
  ]);
  const parts = stdout.match(PARTS) ?? [];
  const cert = parts.find((part) => part.includes("CERTIFICATE"));
  const key = parts.find((part) => part.includes("PRIVATE KEY"));
  assert.ok(cert !== undefined && key !== undefined, "openssl wrote no certificate");
  return { cert, key };
}
