// Tenants as the admin API shows them: settings as they were written, from the file or the API.

import * as z from "zod";
import { tenantJsonSchema } from "../../base/config/tenant.ts";
import type { Store, StoredTenant } from "../store/store.ts";
import type { Caller } from "./route.ts";
import { STATE, type StateParts, stateOfTenant, type TenantState } from "./tenant-state.ts";

type Settings = Readonly<Record<string, unknown>>;

/** Tenants named in sluice.yaml. */
export interface FileTenants {
  /** Path of the file; null: there is none. */
  readonly path: string | null;
  /** By tenant, as they serve now. */
  settings(): Readonly<Record<string, Settings>>;
}

/** Null: the file does not name it. */
export function settingsInFile(file: FileTenants, name: string): Settings | null {
  const settings = file.settings();
  return Object.hasOwn(settings, name) ? (settings[name] ?? null) : null;
}

/** What a PUT takes; its check is `parseTenant`, which needs the settings as they were written. */
export const TENANT_BODY = z.unknown().meta({ ...tenantJsonSchema() });

const origin = () =>
  z.enum(["file", "api"]).describe("file: its settings are in sluice.yaml, and changed there.");
const suspended = () => z.boolean().describe("Every request is answered with 503.");
const revision = () => z.int().nullable().describe("The ETag; null: it is in the file.");

export const TENANT = z.object({
  name: z.string(),
  origin: origin(),
  revision: revision(),
  suspended: suspended(),
  ...STATE,
  createdAtMs: z.int().nullable(),
  changedAtMs: z.int().nullable(),
  settings: z.record(z.string(), z.unknown()).readonly().describe("As written."),
});

export const TENANT_LINE = z.object({
  name: z.string(),
  origin: origin(),
  revision: revision(),
  suspended: suspended(),
  ...STATE,
  hosts: z.array(z.string()).readonly(),
});

export type TenantAnswer = z.input<typeof TENANT>;

/** But for what is no setting. */
type Shown = Omit<TenantAnswer, "suspended" | keyof TenantState>;

export const storedAnswer = (tenant: StoredTenant): Shown => {
  const { name, revision, createdAtMs, changedAtMs, settings } = tenant;
  return { name, origin: "api", revision, createdAtMs, changedAtMs, settings };
};

export const fileAnswer = (name: string, settings: Settings, caller: Caller): Shown => {
  const { script: _, ...rest } = settings;
  const shown = caller.role === "operator" ? rest : withoutFiles(rest);
  const none = { revision: null, createdAtMs: null, changedAtMs: null };
  return { name, origin: "file", ...none, settings: shown };
};

/** Whether it is suspended is kept apart from its settings, which may be the file's. */
export async function withState(
  parts: StateParts & { readonly store: Pick<Store, "isSuspended"> },
  shown: Shown,
): Promise<TenantAnswer> {
  const suspended = await parts.store.isSuspended(shown.name);
  return { ...shown, suspended, ...stateOfTenant(parts, shown.name) };
}

const FILE_KEYS = new Set(["ca", "cert", "key", "file"]);
/** Whose keys are names that the tenant chose. */
const NAMED = new Set(["env", "set"]);

/** Where files are on the operator's machine is nothing for a tenant. */
function withoutFiles(value: Settings): Settings {
  const kept = Object.entries(value).filter(([key]) => !FILE_KEYS.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, keyWithoutFiles(key, inner)]));
}

function keyWithoutFiles(key: string, value: unknown): unknown {
  if (NAMED.has(key)) return value;
  if (Array.isArray(value)) return value.map((item) => keyWithoutFiles("", item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (key !== "upstreams" && key !== "headers") return withoutFiles(Object.fromEntries(entries));
  return Object.fromEntries(entries.map(([name, inner]) => [name, keyWithoutFiles("", inner)]));
}
