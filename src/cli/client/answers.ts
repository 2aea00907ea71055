// What the commands rely on in answers of the admin API. A newer proxy may answer with more.

import * as z from "zod";
import { NODE } from "./node-answers.ts";

export const NOTHING = z.unknown();

export const DEPLOYED = z.object({
  /** Left out: it was a dry run. */
  version: z.int().optional(),
  sha256: z.string(),
  hooks: z.array(z.string()),
  bytes: z.int(),
  /** An older proxy does not say. */
  startupMs: z.int().optional(),
  /** Of several that share a store. An older proxy does not say. */
  nodes: z.array(z.object(NODE)).default([]),
  warnings: z.array(
    z.object({ file: z.string(), line: z.int(), column: z.int(), text: z.string() }),
  ),
});

export const DEPLOYMENT = z.object({
  version: z.int(),
  state: z.string(),
  reason: z.string(),
  /** Null: it does not run. */
  percent: z.number().nullable(),
  origin: z.string(),
  author: z.string(),
  message: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  hooks: z.array(z.string()),
  breaker: z.string(),
  createdAt: z.string(),
});

export type Deployment = z.output<typeof DEPLOYMENT>;

export const ENABLED = z.object({ version: z.int() });
export const PASS = z.object({ header: z.string(), value: z.string(), expiresAt: z.string() });

export const DEPLOYMENTS = z.object({
  deployments: z.array(DEPLOYMENT),
  /** Null: the tenant's scripts run in the proxy. An older proxy does not say. */
  processes: z.object({ breaker: z.string(), isAlone: z.boolean() }).nullish(),
});

export const CERTIFICATE = z.object({
  name: z.string(),
  hosts: z.array(z.string()),
  kind: z.string(),
  expiresAt: z.string(),
});

export const CERTIFICATES = z.object({
  certificates: z.array(CERTIFICATE),
  /** Of those that are ordered and not there yet. An older proxy does not say. */
  orders: z
    .array(z.object({ host: z.string(), nextAttemptAt: z.string().nullable(), error: z.string() }))
    .default([]),
});

export const TRAFFIC = z.object({
  versions: z.array(z.object({ version: z.int(), percent: z.number() })),
  /** An older proxy does not say. */
  stickyBy: z.object({ kind: z.string(), name: z.string().optional() }).optional(),
  /** Null: nowhere. An older proxy does not say. */
  rollbackTo: z.int().nullish(),
});

const ORIGIN = z.enum(["file", "api"]);

/** An older proxy does not say. */
const STATE = { state: z.string().optional(), reason: z.string().optional() };

export const TENANT = z.object({
  name: z.string(),
  origin: ORIGIN,
  revision: z.int().nullable(),
  suspended: z.boolean(),
  ...STATE,
  settings: z.record(z.string(), z.unknown()),
});

export type Tenant = z.output<typeof TENANT>;

export const TENANTS = z.object({
  tenants: z.array(
    z.object({
      name: z.string(),
      origin: ORIGIN,
      revision: z.int().nullable(),
      suspended: z.boolean(),
      ...STATE,
      hosts: z.array(z.string()),
    }),
  ),
});

export const APPLIED = z.object({
  changes: z.array(z.object({ tenant: z.string(), does: z.string() })),
});

export const RELOADED = z.object({
  generation: z.int(),
  /** 0: there is no store. An older proxy does not say. */
  revision: z.int().default(0),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()),
  needsHandover: z.array(z.string()),
  durationMs: z.number(),
});

export const HANDED_OVER = z.object({ pid: z.int() });

export const FLAG = z.object({ name: z.string(), value: z.unknown(), changedAtMs: z.number() });
export const SECRET = z.object({ name: z.string(), changedAtMs: z.number() });

/** A counter may pass what a number holds exactly: then it comes as text. */
export const COUNTER = z.object({
  name: z.string(),
  value: z.union([z.number(), z.string()]),
  scope: z.string().default("node"),
});

export const MEMORY_CACHE = z.object({
  entries: z.int(),
  bytes: z.int(),
  hits: z.int(),
  misses: z.int(),
  loads: z.int(),
  evictions: z.int(),
});

export const MEMORY_CACHE_ENTRY = z.object({
  size: z.int(),
  isBytes: z.boolean(),
  freshMs: z.int(),
  staleMs: z.int(),
});

export const MEMORY_CACHE_RESET = z.object({ removed: z.int() });

export const RATE_LIMIT = z.object({
  name: z.string(),
  algorithm: z.string(),
  scope: z.string().default("node"),
  limit: z.number(),
  windowMs: z.number(),
  allowed: z.number(),
  refused: z.number(),
  keys: z.number(),
  inFlight: z.number(),
});

export const UPSTREAM = z.object({
  name: z.string(),
  peers: z.array(
    z.object({
      address: z.string(),
      state: z.string(),
      reason: z.string(),
      weight: z.number(),
      active: z.number(),
      answered: z.number(),
      failed: z.number(),
    }),
  ),
});

export const RATE_LIMIT_KEY = z.object({
  allowed: z.boolean(),
  remaining: z.number(),
  retryAfterMs: z.number(),
});

export const TOKEN = z.object({
  id: z.string(),
  role: z.string(),
  tenant: z.string().nullable(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
});

export const TOKENS = z.object({ tokens: z.array(TOKEN) });
export const NEW_TOKEN = z.object({ id: z.string(), token: z.string() });

export const AUDIT = z.object({
  lines: z.array(
    z.object({
      id: z.int(),
      atMs: z.number(),
      actor: z.string(),
      action: z.string(),
      tenant: z.string().nullable(),
      target: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  /** Id before which older lines come; null: these are all. */
  next: z.int().nullable(),
});
