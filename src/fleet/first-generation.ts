// The generation that a process starts with. A stored script of one tenant that does not start any
// more must not keep all others from being served: it counts as disabled, and the log says so. What
// the file names is the operator's, who is told by the refusal to start.

import type { Config } from "../base/config/types.ts";
import type { Logger } from "../observe/log.ts";
import type { Generation, ScriptSpec, TenantSpec } from "./messages.ts";

interface Loader {
  /** Loads every script of it that runs in a cell; throws if one does not start. */
  prepare(generation: Generation): Promise<void>;
}

interface Surroundings {
  readonly logger: Logger;
  /** Of the file. */
  readonly init: { readonly config: Pick<Config, "tenants"> };
}

/** What can serve of it. Throws if a script of the file does not start. */
export async function firstGeneration(
  generation: Generation,
  cells: Loader,
  { init, logger }: Surroundings,
): Promise<Generation> {
  const inFile = new Set(init.config.tenants.map(({ name }) => name));
  const started = async (spec: TenantSpec, script: ScriptSpec): Promise<ScriptSpec> => {
    const tenant = spec.config.name;
    try {
      await cells.prepare({ ...generation, tenants: [{ ...spec, scripts: [script] }] });
      return script;
    } catch (thrown) {
      if (inFile.has(tenant)) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : "unknown";
      const fields = { tenant, deployment: script.bundle.deployment };
      logger.error(fields, `out of service until another version is deployed: ${reason}`);
      return { ...script, isDisabled: true };
    }
  };
  const tenants = generation.tenants.map(async (spec): Promise<TenantSpec> => {
    const scripts = await Promise.all(spec.scripts.map((script) => started(spec, script)));
    return { ...spec, scripts };
  });
  return { ...generation, tenants: await Promise.all(tenants) };
}
