// What the admin API answers about captured requests, as far as commands show it.

import * as z from "zod";

export const ANYTHING = z.record(z.string(), z.unknown());

export const CAPTURE_RULE = z.object({
  id: z.string(),
  path: z.string(),
  statuses: z.array(z.string()),
  count: z.int(),
  keepsLogins: z.boolean(),
  expiresAtMs: z.number(),
  kept: z.int(),
});

export const CAPTURE_RULES = z.object({ rules: z.array(CAPTURE_RULE) });

export const CAPTURES = z.object({
  captures: z.array(
    z.object({
      id: z.string(),
      atMs: z.number(),
      method: z.string(),
      target: z.string(),
      status: z.int(),
      error: z.string().nullable(),
      deployment: z.string(),
      gap: z.string().nullable(),
    }),
  ),
});

export const REPLAYED = z.object({
  replayed: z.array(
    z.object({
      id: z.string(),
      result: z.enum(["same", "differs", "failed"]),
      difference: z.object({ part: z.string(), was: z.string(), is: z.string() }).nullable(),
      reason: z.string(),
    }),
  ),
});
