// From which authority certificates are ordered: what its keys mean together, and what they are
// for the rest of Sluice.

import type { AcmeFile } from "./acme-schema.ts";
import type { AcmeConfig } from "./acme-types.ts";
import type { Path } from "./document.ts";
import { type Mistake, show } from "./problems.ts";
import { entriesOf } from "./shape.ts";
import { checkAuthorities, readPem } from "./upstream/tls-files.ts";

/** @param file  the whole file as it was read */
export function checkAcme(file: ReadonlyMap<string, unknown>, folder: string): readonly Mistake[] {
  if (!file.has("acme")) return [];
  const path: Path = ["acme"];
  const keys = entriesOf(file.get("acme"));
  const external = entriesOf(keys.get("externalAccount"));
  return [
    ...checkAuthorities([...path, "ca"], keys.get("ca"), folder),
    ...checkHmacKey([...path, "externalAccount", "hmacKeyFile"], external, folder),
    ...(file.get("store") === "none" ? [mistake(path, NEEDS_STORE)] : []),
  ];
}

const NEEDS_STORE = "expected a store to keep the certificates in, got store: none";

const mistake = (path: Path, text: string): Mistake => ({ path, text, isKey: false });

function checkHmacKey(
  path: Path,
  keys: ReadonlyMap<string, unknown>,
  folder: string,
): readonly Mistake[] {
  const file = keys.get("hmacKeyFile");
  if (typeof file !== "string") return [];
  try {
    if (/^[\w+/=-]{16,1024}$/.test(readKey(file, folder))) return [];
    return [mistake(path, `expected a file with a key as base64url, got ${show(file)}`)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [mistake(path, `expected a file with a key, got ${show(file)}: ${reason}`)];
  }
}

const readKey = (file: string, folder: string): string => (readPem(file, folder) ?? "").trim();

export function resolveAcme(acme: AcmeFile | undefined, folder: string): AcmeConfig | null {
  if (acme === undefined) return null;
  const { directory, contact, challenges, dns, ordersPerHour, externalAccount: external } = acme;
  return {
    ...{ directory, contact, challenges, dns: dns ?? null, ordersPerHour },
    ca: readPem(acme.ca, folder),
    externalAccount:
      external === undefined
        ? null
        : { keyId: external.keyId, hmacKey: readKey(external.hmacKeyFile, folder) },
  };
}
