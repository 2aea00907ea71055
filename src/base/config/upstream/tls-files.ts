// The certificates and keys that peers' TLS names. They are read when the configuration is: what
// is wrong with them is found at once, and workers never touch the disk.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { LIMITS } from "../../limits.ts";
import type { Path } from "../document.ts";
import { type Mistake, show } from "../problems.ts";
import { entriesOf } from "../shape.ts";

/** @param folder what the paths of files are relative to */
export const checkTlsFiles = (path: Path, tls: unknown, folder: string): Mistake[] => {
  const keys = entriesOf(tls);
  const look = <T>(name: string, parse: Parser<T>) =>
    checkFile({ path: [...path, name], file: keys.get(name), folder }, parse);
  const ca = look("ca", toCertificates);
  const cert = look("cert", toCertificates);
  const key = look("key", toKey);
  const mistakes = [...ca.mistakes, ...cert.mistakes, ...key.mistakes];
  if (keys.has("cert") !== keys.has("key")) {
    const given = keys.has("cert") ? "cert" : "key";
    mistakes.push(mistake([...path, given], `expected cert and key together, got ${given} alone`));
  }
  if (cert.parsed === null || key.parsed === null) return mistakes;
  const problem = pairProblem(cert, key);
  if (problem === null) return mistakes;
  const text = `expected the key of cert, got ${show(keys.get("key"))}: ${problem}`;
  return [...mistakes, mistake([...path, "key"], text)];
};

/** For files that were checked; null: no file. */
export const readPem = (file: string | undefined, folder: string): string | null =>
  file === undefined ? null : read(resolve(folder, file));

const mistake = (path: Path, text: string): Mistake => ({ path, text, isKey: false });

interface Place {
  readonly path: Path;
  readonly file: unknown;
  readonly folder: string;
}

interface Parser<T> {
  readonly expected: string;
  readonly parse: (pem: string) => T;
}

interface Checked<T> {
  readonly pem: string;
  readonly parsed: T | null;
  readonly mistakes: readonly Mistake[];
}

const checkFile = <T>(
  { path, file, folder }: Place,
  { expected, parse }: Parser<T>,
): Checked<T> => {
  if (typeof file !== "string") return { pem: "", parsed: null, mistakes: [] };
  try {
    const pem = read(resolve(folder, file));
    return { pem, parsed: parse(pem), mistakes: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `expected ${expected}, got ${show(file)}: ${reason}`;
    return { pem: "", parsed: null, mistakes: [mistake(path, text)] };
  }
};

const read = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`there is none at ${path}`);
  if (!stat.isFile()) throw new Error(`${path} is not a file`);
  if (stat.size > LIMITS.pemFileBytes) {
    throw new Error(`it has ${stat.size} bytes, at most ${LIMITS.pemFileBytes} are read`);
  }
  return readFileSync(path, "latin1");
};

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

// OpenSSL would take the first of several and skip a broken one without a word.
const toCertificates: Parser<X509Certificate[]> = {
  expected: "a PEM file of certificates",
  parse: (pem) => {
    const found = pem.match(CERTIFICATE) ?? [];
    if (found.length === 0) throw new Error("there is no certificate in it");
    return found.map((one) => new X509Certificate(one));
  },
};

const toKey: Parser<KeyObject> = {
  expected: "a PEM file of a private key without a passphrase",
  parse: (pem) => {
    if (!pem.includes("PRIVATE KEY-----")) throw new Error("there is no key in it");
    if (pem.includes("ENCRYPTED")) throw new Error("it is encrypted");
    return createPrivateKey(pem);
  },
};

const pairProblem = (cert: Checked<X509Certificate[]>, key: Checked<KeyObject>): string | null => {
  const { parsed } = key;
  if (parsed !== null && cert.parsed?.[0]?.checkPrivateKey(parsed) === false) {
    const at = cert.parsed.findIndex((one) => one.checkPrivateKey(parsed));
    if (at === -1) return "it belongs to another certificate";
    return `it belongs to certificate ${at + 1} of the file, and its own must come first`;
  }
  try {
    // What OpenSSL still objects to, such as a key that is too short for its security level.
    createSecureContext({ cert: cert.pem, key: key.pem });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
