// What the commands rely on in answers that say how much goes on: usage, and the state of a proxy.
// A newer proxy may answer with more.

import * as z from "zod";
import { harmless } from "../../observe/plain-text.ts";

const USED = {
  requests: z.number(),
  errors: z.number(),
  bytesReceived: z.number(),
  bytesSent: z.number(),
  scriptMs: z.number(),
  hostCalls: z.number(),
  logBytes: z.number(),
};

const NODE = { name: z.string(), reason: z.string() };
const ASKED = z.array(z.object(NODE)).default([]);

/** Those whose part is missing, and why: a line of each. */
export const missingLines = (nodes: z.output<typeof ASKED>): string[] =>
  nodes
    .filter(({ reason }) => reason !== "")
    .map(({ name, reason }) => harmless(`without ${name}: ${reason}`));

export const USAGE = z.object({ since: z.string(), ...USED, nodes: ASKED });

const PART = { since: z.string(), tenants: z.array(z.object({ tenant: z.string(), ...USED })) };

export const USAGE_OF_ALL = z.object({ ...PART, nodes: ASKED });

/** Of each proxy by itself; a proxy that shares no store is the only one. */
export const USAGE_OF_EACH = z.object({
  ...PART,
  nodes: z
    .array(
      z.object({
        id: z.string(),
        ...NODE,
        /** Left out: it did not answer. */
        since: PART.since.optional(),
        tenants: PART.tenants.optional(),
      }),
    )
    .default([]),
});

export const STATUS = z.object({
  version: z.string(),
  node: z.string(),
  pid: z.int(),
  /** Null: it shares its store with no other. An older proxy does not say. */
  cluster: z.object({ name: z.string(), nodes: z.record(z.string(), z.int()) }).nullish(),
  startedAt: z.string(),
  ready: z.boolean(),
  workers: z.int(),
  tenants: z.int(),
  cells: z.int(),
  isolates: z.int(),
  connections: z.int(),
  requestsActive: z.int(),
  faults: z.array(
    z.object({
      severity: z.string(),
      tenant: z.string().nullable(),
      text: z.string(),
      /** Of several proxies: those that say so; left out: all of them. */
      nodes: z.array(z.string()).optional(),
    }),
  ),
  requests: z.number(),
  errors: z.number(),
  bytesReceived: z.number(),
  bytesSent: z.number(),
  scriptMs: z.number(),
  durations: z.object({ boundsMs: z.array(z.number()), counts: z.array(z.number()) }),
  nodes: ASKED,
});

export type Status = z.output<typeof STATUS>;
