// The module `sluice/test`: a script in the real runtime (its bundle, an isolate of its own, the
// lane and the watchdog of `sluice serve`), for tests that send it requests without a network.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type {
  Failing,
  LoadOptions,
  ScriptPlace,
  TestApp,
  UpstreamFailure,
} from "../../../sdk/test.ts";
import { loadConfig, type ParseResult, parseConfig } from "../../base/config/load.ts";
import { formatProblem } from "../../base/config/problems.ts";
import type { Config, TenantConfig } from "../../base/config/types.ts";
import { useUtc } from "../../base/utc.ts";
import { bundleScript } from "../../control/bundle.ts";
import { buildRuntime } from "../../control/bundle-runtime.ts";
import type { ScriptBundle } from "../../fleet/shared/messages.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { type AppBegin, ScriptApp } from "./app.ts";
import { GivenValues } from "./given-values.ts";
import type { Owner } from "./owner-spec.ts";

const TENANT = "test";
/** In place of the 50 ms of a configuration: a busy test machine is no reason to fail. */
const HOOK_MS = 1_000;

/** Bundles the script and starts it. Rejects with places and reasons if that cannot be done. */
export async function load(script: ScriptPlace, options: LoadOptions = {}): Promise<TestApp> {
  useUtc();
  const file = fileOf(script);
  const values = new GivenValues(options);
  const { operator } = options;
  const given = operator === undefined || operator === null ? null : operatorFor(fileOf(operator));
  if (/\.ya?ml$/.test(file)) {
    const config = loadConfig(file);
    const tenant = tenantOf(config, options.tenant);
    const env = { ...tenant.env, ...options.env };
    const around = operator === undefined ? config.operator : given;
    return await start({ config, tenant: { ...tenant, env }, around, anyGroup: false, values });
  }
  const config = configFor(file, options);
  const anyGroup = options.upstreams === undefined;
  const tenant = tenantOf(config, TENANT);
  return await start({ config, tenant, around: given, anyGroup, values });
}

const fileOf = (place: ScriptPlace): string =>
  typeof place === "string" ? resolve(place) : fileURLToPath(place.href);

let runtime: Promise<RuntimeCode> | null = null;

interface Loading extends Pick<AppBegin, "config" | "anyGroup" | "values"> {
  readonly tenant: TenantConfig;
  readonly around: TenantConfig | null;
}

async function start({ tenant, around, ...begin }: Loading): Promise<ScriptApp> {
  const owner = await ownerOf(tenant);
  const outer = around === null ? null : await ownerOf(around);
  runtime ??= buildRuntime();
  return await ScriptApp.start({ ...begin, owner, around: outer, runtime: await runtime });
}

const ownerOf = async (config: TenantConfig): Promise<Owner> => ({
  config,
  script: await bundleOf(config),
});

async function bundleOf({ name, script }: TenantConfig): Promise<ScriptBundle | null> {
  if (script === null) return null;
  const result = await bundleScript(script);
  if (!result.ok) {
    const lines = result.errors.map((e) => `${e.file}:${e.line}:${e.column}: ${e.text}`);
    throw new Error(`Cannot load ${script}:\n${lines.join("\n")}`);
  }
  const { code, map } = result;
  return { tenant: name, deployment: "test", code, map };
}

/** For `upstream`: the exchange fails there with this code. */
export const fail = (code: UpstreamFailure): Failing => ({ fail: code });

/** A configuration of one tenant, read as one from a file would be. */
function configFor(file: string, options: LoadOptions): Config {
  const { env = {}, upstreams = {}, onScriptError, maxRetries, limits } = options;
  const groups = Object.entries(upstreams).map(([name, { peers }]) => [
    name,
    { peers: peers ?? [`${name.toLowerCase()}.test:80`] },
  ]);
  const tenant = {
    hosts: ["*"],
    script: file,
    env,
    upstreams: Object.fromEntries(groups),
    ...(groups.length > 0 ? { defaultUpstream: groups[0]?.[0] } : {}),
    ...(onScriptError === undefined ? {} : { onScriptError }),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    limits: { hookMs: HOOK_MS, ...limits },
  };
  return configOf(file, { tenants: { [TENANT]: tenant } });
}

const operatorFor = (script: string): TenantConfig | null =>
  configOf(script, { operator: { script, limits: { hookMs: HOOK_MS } }, tenants: {} }).operator;

function configOf(file: string, config: Readonly<Record<string, unknown>>): Config {
  const parsed: ParseResult = parseConfig(stringify(config), join(dirname(file), "sluice.yaml"));
  if ("config" in parsed) return parsed.config;
  const problems = parsed.problems.map((problem) =>
    // there is no such file: only what is wrong counts, not where
    formatProblem({ ...problem, file: "load", line: 1, column: 1 }).replace(/^load:1:1: /, ""),
  );
  throw new Error(`Cannot load ${file}: ${problems.join("; ")}`);
}

function tenantOf({ file, tenants }: Config, name: string | undefined): TenantConfig {
  const scripted = tenants.filter(({ script }) => script !== null);
  const found = name === undefined ? scripted : tenants.filter((tenant) => tenant.name === name);
  const [tenant] = found;
  if (found.length === 1 && tenant !== undefined) return tenant;
  const names = scripted.map((one) => one.name).join(", ") || "none";
  const got = name === undefined ? "no { tenant }" : JSON.stringify(name);
  throw new Error(`Cannot load ${file}: expected one tenant with a script (${names}), got ${got}`);
}
