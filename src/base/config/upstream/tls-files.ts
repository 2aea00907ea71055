// The certificates and keys that peers' TLS names. They are read when the configuration is: what
// is wrong with them is found at once, and workers never touch the disk.

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import {
  chainProblem,
  keyProblem,
  servedProblem,
  toCertificates,
  toKey,
} from "../../certificates/pem.ts";
import { LIMITS } from "../../limits.ts";
import type { Path } from "../document.ts";
import { type Mistake, show } from "../problems.ts";
import { entriesOf } from "../shape.ts";
import type { CertificateText } from "../types.ts";

/** @param folder what the paths of files are relative to */
export const checkTlsFiles = (path: Path, tls: unknown, folder: string): Mistake[] => {
  const keys = entriesOf(tls);
  const look = <T>(name: string, parse: Parser<T>) =>
    checkFile({ path: [...path, name], file: keys.get(name), folder }, parse);
  const ca = look("ca", CERTIFICATES);
  const cert = look("cert", CERTIFICATES);
  const key = look("key", KEY);
  const mistakes = [...ca.mistakes, ...cert.mistakes, ...key.mistakes];
  if (keys.has("cert") !== keys.has("key")) {
    const given = keys.has("cert") ? "cert" : "key";
    mistakes.push(mistake([...path, given], `expected cert and key together, got ${given} alone`));
  }
  if (cert.parsed === null || key.parsed === null) return mistakes;
  const problem = keyProblem({
    ...{ certificates: cert.parsed, key: key.parsed },
    ...{ cert: cert.pem, keyText: key.pem },
  });
  if (problem !== null) {
    const text = `expected the key of cert, got ${show(keys.get("key"))}: ${problem}`;
    return [...mistakes, mistake([...path, "key"], text)];
  }
  const ofChain = chainProblem(cert.parsed);
  if (ofChain === null) return mistakes;
  const text = `expected a chain in its order, got ${show(keys.get("cert"))}: ${ofChain}`;
  return [...mistakes, mistake([...path, "cert"], text)];
};

/** The same for what clients are shown. */
export const checkServedFiles = (path: Path, tls: unknown, folder: string): Mistake[] => {
  const mistakes = checkTlsFiles(path, tls, folder);
  const file = entriesOf(tls).get("cert");
  if (mistakes.length > 0 || typeof file !== "string") return mistakes;
  const [own] = toCertificates(read(resolve(folder, file)));
  const problem = own === undefined ? null : servedProblem(own);
  if (problem === null) return [];
  const text = `expected a certificate that clients know, got ${show(file)}: ${problem}`;
  return [mistake([...path, "cert"], text)];
};

/** What is there now. Throws sentences that say what is wrong with it. @param files  absolute */
export function rereadPair(files: CertificateText["files"]): CertificateText {
  const mistakes = checkServedFiles([], files, "/");
  if (mistakes.length > 0) throw new Error(mistakes.map(({ text }) => text).join("; "));
  return { cert: read(files.cert), key: read(files.key), files };
}

/** Authorities, in a file or as the text itself. */
export const checkAuthorities = (path: Path, ca: unknown, folder: string): Mistake[] => {
  if (!isPem(ca)) return [...checkFile({ path, file: ca, folder }, CERTIFICATES).mistakes];
  try {
    toCertificates(ca);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [mistake(path, `expected certificates as PEM: ${reason}`)];
  }
};

/** Text itself, and no name of a file. */
export const isPem = (value: unknown): value is string =>
  typeof value === "string" && value.trimStart().startsWith("-----BEGIN");

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

const CERTIFICATES = {
  expected: "a PEM file of certificates",
  parse: toCertificates,
} as const;

const KEY = {
  expected: "a PEM file of a private key without a passphrase",
  parse: toKey,
} as const;
