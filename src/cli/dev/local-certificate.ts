// The certificate of `sluice dev --https`: made once for this user and kept, so that it has to be
// trusted once. It is for this machine alone and can issue no others: whoever steals its key can
// play localhost, and nobody else.

import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CertificateText } from "../../base/config/types.ts";

const DAY_MS = 86_400_000;
/** Browsers take no longer ones. */
const VALID_DAYS = 365;
const RENEWED_DAYS = 7;
const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;
const NAMES = ["localhost", "*.localhost"];
const ADDRESSES = ["127.0.0.1", "::1"];

/** The one that is there, or a new one. */
export async function localCertificate(): Promise<CertificateText> {
  const data = process.env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  const folder = join(data, "sluice");
  const files = { cert: join(folder, "localhost.pem"), key: join(folder, "localhost.key") };
  const known = await read(files);
  if (known !== null) return known;
  const made = await make();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await write(files.key, made.key);
  await write(files.cert, made.cert);
  return { ...made, files };
}

async function read(files: CertificateText["files"]): Promise<CertificateText | null> {
  try {
    const cert = await readFile(files.cert, "latin1");
    const key = await readFile(files.key, "latin1");
    const parsed = new X509Certificate(cert);
    const leftMs = parsed.validToDate.getTime() - Date.now();
    const isGood = parsed.checkPrivateKey(createPrivateKey(key)) && leftMs > RENEWED_DAYS * DAY_MS;
    return isGood ? { cert, key, files } : null;
  } catch {
    return null; // there is none, or none that is whole
  }
}

async function make(): Promise<Pick<CertificateText, "cert" | "key">> {
  // loaded late: only who asks for a certificate needs it
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  const names = [
    ...NAMES.map((value) => ({ type: "dns", value }) as const),
    ...ADDRESSES.map((value) => ({ type: "ip", value }) as const),
  ];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=sluice dev on this machine",
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const text = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: `${certificate.toString("pem")}\n`, key: text };
}

/** Whole or not at all: another one may be starting at the same time. */
async function write(file: string, text: string): Promise<void> {
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, text, { mode: 0o600 });
  await chmod(partial, 0o600);
  await rename(partial, file);
}
