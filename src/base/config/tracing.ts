// Traces: what the file says of them, and where it says nothing, OpenTelemetry's environment
// variables. Either switches them on: the key `tracing`, or a variable with an endpoint.

import type { TracingConfig } from "./log-types.ts";
import { type Mistake, show } from "./problems.ts";
import {
  COLLECTOR_URL,
  COMPRESSIONS,
  isCollectorUrl,
  SAMPLERS,
  type TracingFile,
} from "./tracing-schema.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;
const DELAY_MS = 5_000;
const DAY_MS = 86_400_000;
const PAIRS = /^(?:\s*[^\s=,;]+\s*=[^,;]*(?:,|$))*\s*$/;

interface Variable {
  readonly name: string;
  readonly expected: string;
  readonly isValid: (value: string) => boolean;
}

const oneOf = (values: readonly string[]): Pick<Variable, "expected" | "isValid"> => ({
  expected: `one of ${values.join(", ")}`,
  isValid: (value) => values.includes(value),
});

const isMs = (value: string): boolean =>
  /^\d{1,8}$/.test(value) && Number(value) >= 1 && Number(value) <= DAY_MS;

const milliseconds = { expected: `milliseconds, from 1 to ${DAY_MS}`, isValid: isMs };
const url = { expected: COLLECTOR_URL, isValid: isCollectorUrl };
const pairs = { expected: "name=value, with commas between", isValid: isPairs };

const VARIABLES: readonly Variable[] = [
  { name: "OTEL_EXPORTER_OTLP_ENDPOINT", ...url },
  { name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ...url },
  { name: "OTEL_EXPORTER_OTLP_TIMEOUT", ...milliseconds },
  { name: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", ...milliseconds },
  { name: "OTEL_EXPORTER_OTLP_COMPRESSION", ...oneOf(COMPRESSIONS) },
  { name: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", ...oneOf(COMPRESSIONS) },
  { name: "OTEL_EXPORTER_OTLP_HEADERS", ...pairs },
  { name: "OTEL_EXPORTER_OTLP_TRACES_HEADERS", ...pairs },
  { name: "OTEL_RESOURCE_ATTRIBUTES", ...pairs },
  { name: "OTEL_BSP_SCHEDULE_DELAY", ...milliseconds },
  { name: "OTEL_TRACES_SAMPLER", ...oneOf(SAMPLERS) },
  {
    name: "OTEL_TRACES_SAMPLER_ARG",
    expected: "a number from 0 to 1",
    isValid: (value) => /^(?:0|1|0?\.\d+|[01]\.\d+)$/.test(value) && Number(value) <= 1,
  },
];

/** Which of the variables say nothing that can be used, if traces are on. */
export function checkTracing(isInFile: boolean, variables: Variables | null): readonly Mistake[] {
  if (variables === null || !isOn(isInFile, variables)) return [];
  return VARIABLES.flatMap(({ name, expected, isValid }) => {
    const value = variableOf(variables, name);
    if (value === undefined || isValid(value)) return [];
    // a header may be somebody's login
    const got = name.endsWith("HEADERS") ? "something else" : show(value);
    const text = `expected the environment variable ${name} to be ${expected}, got ${got}`;
    return [{ path: ["tracing"], text, isKey: false }];
  });
}

/** Null: nothing is traced. */
export function resolveTracing(
  file: TracingFile | undefined,
  variables: Variables,
): TracingConfig | null {
  if (!isOn(file !== undefined, variables)) return null;
  const of = (name: string): string | undefined => variableOf(variables, name);
  const ofExporter = (name: string): string | undefined =>
    of(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? of(`OTEL_EXPORTER_OTLP_${name}`);
  const sampler = file?.sampler ?? of("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const arg = file?.samplerArg ?? Number(of("OTEL_TRACES_SAMPLER_ARG") ?? 1);
  const compression = file?.compression ?? ofExporter("COMPRESSION");
  const serviceName = file?.serviceName ?? of("OTEL_SERVICE_NAME");
  return {
    endpoint: of("OTEL_TRACES_EXPORTER") === "none" ? null : endpointOf(file, variables),
    compression: compression === "none" ? "none" : "gzip",
    timeoutMs: file?.timeoutMs ?? Number(ofExporter("TIMEOUT") ?? TIMEOUT_MS),
    delayMs: Number(of("OTEL_BSP_SCHEDULE_DELAY") ?? DELAY_MS),
    isParentBased: sampler.startsWith("parentbased_"),
    ratio: sampler.endsWith("always_on") ? 1 : sampler.endsWith("always_off") ? 0 : arg,
    trust: file?.trust ?? "proxies",
    exportsFailed: file?.exportFailed ?? true,
    resource: {
      "service.name": "sluice",
      ...Object.fromEntries(pairsOf(of("OTEL_RESOURCE_ATTRIBUTES"))),
      ...file?.resourceAttributes,
      ...(serviceName === undefined ? {} : { "service.name": serviceName }),
    },
  };
}

/** What is sent along to the collector. Of the environment alone: there are logins among it. */
export function collectorHeaders(variables: Variables): readonly (readonly [string, string])[] {
  const own = variableOf(variables, "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
  const text = own ?? variableOf(variables, "OTEL_EXPORTER_OTLP_HEADERS") ?? "";
  return isPairs(text) ? pairsOf(text) : [];
}

function isOn(isInFile: boolean, variables: Variables): boolean {
  if (variableOf(variables, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return false;
  const endpoint =
    variableOf(variables, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ??
    variableOf(variables, "OTEL_EXPORTER_OTLP_ENDPOINT");
  return isInFile || (endpoint !== undefined && variables.OTEL_TRACES_EXPORTER !== "none");
}

/** One for traces alone is taken as it is. */
function endpointOf(file: TracingFile | undefined, variables: Variables): string | null {
  const own = variableOf(variables, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (file?.endpoint === undefined && own !== undefined) return own;
  const base = file?.endpoint ?? variableOf(variables, "OTEL_EXPORTER_OTLP_ENDPOINT");
  return base === undefined ? null : `${base.replace(/\/+$/, "")}/v1/traces`;
}

/** An empty one is none. */
const variableOf = (variables: Variables, name: string): string | undefined =>
  variables[name]?.trim() || undefined;

function isPairs(text: string): boolean {
  if (!PAIRS.test(text)) return false;
  try {
    pairsOf(text);
    return true;
  } catch {
    return false;
  }
}

/** Values are percent-encoded. Throws for what is not. */
function pairsOf(text = ""): readonly (readonly [string, string])[] {
  const all = text.split(",").filter((pair) => pair.trim() !== "");
  return all.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
  });
}
