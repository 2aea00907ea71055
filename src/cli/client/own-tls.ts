// What a command shows and trusts where the admin address speaks TLS: files that the environment
// names.

import { readFileSync } from "node:fs";

const FILES = {
  ca: "SLUICE_ADMIN_CA",
  cert: "SLUICE_ADMIN_CERT",
  key: "SLUICE_ADMIN_KEY",
} as const;

/** Options of a TLS connection. Throws a sentence that names variable and file. */
export function ownTls(): Readonly<Partial<Record<keyof typeof FILES, string>>> {
  const { ca, cert, key } = FILES;
  return { ...read("ca", ca), ...read("cert", cert), ...read("key", key) };
}

function read(option: keyof typeof FILES, variable: string): Readonly<Record<string, string>> {
  const file = process.env[variable] ?? "";
  if (file === "") return {};
  try {
    return { [option]: readFileSync(file, "latin1") };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new Error(`Cannot read ${file} (${variable}): ${reason}`, { cause });
  }
}
