// The key `tracing` of the configuration. Its keys have the names of OpenTelemetry's settings.

import * as z from "zod";
import { checked, choice, mapping, milliseconds, text } from "./fields.ts";

export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

export const COMPRESSIONS = ["gzip", "none"] as const;

export const isCollectorUrl = (value: string): boolean =>
  /^https?:\/\/[^\s?#]+$/.test(value) && URL.canParse(value);

export const COLLECTOR_URL = "an http:// or https:// URL without ? and #";

export const tracing = mapping({
  endpoint: checked({
    expected: COLLECTOR_URL,
    pattern: /^https?:\/\/[^\s?#]+$/,
    isValid: isCollectorUrl,
  })
    .optional()
    .describe("Of a collector for OTLP over HTTP; /v1/traces comes behind it. Left out: none."),
  compression: choice(COMPRESSIONS).optional().describe("Of what is sent there; default: gzip."),
  timeoutMs: milliseconds().optional().describe("For the collector to answer; default: 10,000."),
  sampler: choice(SAMPLERS)
    .optional()
    .describe("Which requests are traced; default: parentbased_always_on."),
  samplerArg: z
    .number("a number from 0 to 1")
    .min(0, "a number from 0 to 1")
    .max(1, "a number from 0 to 1")
    .optional()
    .describe("Share of the traces that begin here, for traceidratio; default: 1."),
  serviceName: text().min(1, "a name").optional().describe("Default: sluice."),
  resourceAttributes: z
    .record(z.string(), text(), "a mapping")
    .optional()
    .describe("Of every span, besides those of the process."),
  trust: choice(["proxies", "all", "none"])
    .default("proxies")
    .describe(
      "Whose traceparent is believed: that of trustedProxies, of all clients, or nobody's.",
    ),
  exportFailed: z
    .boolean("true or false")
    .default(true)
    .describe("Failed and slow requests (log.slowMs) are exported, whatever the sampler says."),
});

export type TracingFile = z.output<typeof tracing>;
