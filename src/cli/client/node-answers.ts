// What the commands rely on in answers about proxies that share a store.

import * as z from "zod";

export const NODE = {
  id: z.string(),
  name: z.string(),
  state: z.string(),
  reason: z.string(),
  revision: z.int(),
};

export const NODES = z.object({
  nodes: z.array(
    z.object({
      ...NODE,
      self: z.boolean(),
      drained: z.boolean(),
      guardian: z.boolean(),
      version: z.string(),
      lag: z.int(),
      silentMs: z.int(),
      requests: z.number(),
    }),
  ),
  stale: z.boolean(),
});
