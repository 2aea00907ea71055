// The certificate that contestants show over TLS: ECDSA on P-256, for the address of the bench.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Signed by itself, as h2load asks nobody whether it is to be trusted. */
export async function makeCertificate(folder: string): Promise<CertificateFiles> {
  const files = { certificate: join(folder, "bench.pem"), key: join(folder, "bench.key") };
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", files.key, "-out", files.certificate],
  ]);
  return files;
}
