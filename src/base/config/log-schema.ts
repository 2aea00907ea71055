// The key `log` of the configuration.

import { choice, integer, mapping, milliseconds } from "./fields.ts";

const KEPT_MAX = 1_000;

export const log = mapping({
  level: choice(["trace", "debug", "info", "warn", "error"]).default("info"),
  access: choice(["off", "json", "pretty"])
    .optional()
    .describe(
      "One line a request. Left out: pretty where standard output is a terminal, else json.",
    ),
  keep: integer(0, KEPT_MAX)
    .default(50)
    .describe("Failed and slow requests of a tenant that each worker keeps, with their timings."),
  slowMs: milliseconds().default(1_000).describe("A request that takes so long is slow."),
});
