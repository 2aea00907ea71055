// A reload or handover that would take tenants out because the file was cut off, which nobody would
// want: where the file looks like that, it is refused. At a start there is nothing to compare with.

import type { Config } from "../../../base/config/types.ts";

type Tenants = Pick<Config, "tenants" | "cutOffSign">;

/** A line for the operator; null: there is nothing to object to. */
export function missingTenants(serving: Tenants, read: Tenants): string | null {
  const { cutOffSign } = read;
  if (cutOffSign === null) return null;
  const named = new Set(read.tenants.map(({ name }) => name));
  const missing = serving.tenants.map(({ name }) => name).filter((name) => !named.has(name));
  if (missing.length === 0) return null;
  const shown = missing.slice(0, NAMES_SHOWN).join(", ");
  const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : "";
  return `${cutOffSign}; ${shown}${more} would be gone: is the file whole?`;
}

const NAMES_SHOWN = 5;
