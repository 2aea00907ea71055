// The generation that a process starts with. A stored script that does not start any more is put
// out of service until it is enabled, and the log says so: one tenant must not keep all others
// from being served. A script of the file that does not start is the operator's: the process
// refuses to start.

import { Mutex } from "../../../base/mutex.ts";
import type { Logger } from "../../../observe/log.ts";
import type { CellFleet } from "../../cells/cell-fleet.ts";
import type { Generation, ScriptSpec, TenantSpec } from "../../shared/messages.ts";
import { scriptHash, tenantSpec } from "../../shared/specs.ts";
import { ServeError } from "../../shared/start-errors.ts";

/** Throws if a script does not start that is a matter of its lane. */
type Load = (generation: Generation) => Promise<void>;

export interface FirstParts {
  readonly cells: Pick<CellFleet, "prepare" | "commit">;
  /** What every worker is to serve from then on. */
  readonly begin: (generation: Generation) => Promise<void>;
  /** In one worker, which then has it ready and serves nobody. */
  readonly prepareInOne: Load;
  readonly logger: Logger;
}

/** Every worker serves what can serve of it. Throws if a script of the file cannot. */
export async function beginFirst(
  generation: Generation,
  { cells, begin, prepareInOne, logger }: FirstParts,
): Promise<void> {
  const beginAll = async (sound: Generation): Promise<void> => {
    await cells.commit(sound);
    await begin(sound);
  };
  const load: Load = (one) => cells.prepare(one);
  const inCells = await without(generation, "process", { load, logger });
  try {
    await beginAll(inCells);
  } catch (thrown) {
    // only now, because each script starts once more for this
    const sound = await without(inCells, "inline", { load: oneByOne(prepareInOne), logger });
    if (sound.tenants.every((spec, i) => spec.hash === inCells.tenants[i]?.hash)) throw thrown;
    await beginAll(sound);
  }
}

/** One after the other, since a worker prepares one thing. */
function oneByOne(load: Load): Load {
  const mutex = new Mutex();
  return (generation) => mutex.run(() => load(generation));
}

interface Trial {
  readonly load: Load;
  readonly logger: Logger;
}

/** What does not start in this lane is disabled. Throws with every script of the file among it. */
async function without(
  generation: Generation,
  isolation: "inline" | "process",
  { load, logger }: Trial,
): Promise<Generation> {
  const problems = new Map<ScriptSpec, string>();
  const tried = async (spec: TenantSpec, script: ScriptSpec): Promise<ScriptSpec> => {
    if (script.isDisabled) return script;
    try {
      await load({ ...generation, tenants: [{ ...spec, scripts: [script] }] });
      return script;
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : "unknown";
      if (script.isOfFile) {
        problems.set(script, reason);
        return script;
      }
      const fields = { tenant: spec.config.name, deployment: script.bundle.deployment };
      logger.error(fields, `out of service until enabled, or another is deployed: ${reason}`);
      const { id, config } = spec;
      const service = { isDisabled: true, timesEnabled: 0 };
      const hash = scriptHash({ id, config, bundle: script.bundle, ...service });
      return { ...script, isDisabled: true, reason: `It did not start: ${reason}`, hash };
    }
  };
  const tenants = generation.tenants.map(async (spec): Promise<TenantSpec> => {
    if (spec.config.isolation !== isolation || spec.scripts.length === 0) return spec;
    const scripts = await Promise.all(spec.scripts.map((script) => tried(spec, script)));
    return tenantSpec({ ...spec, scripts });
  });
  const left = await Promise.all(tenants);
  const scripts = generation.tenants.flatMap((spec) => spec.scripts);
  const inOrder = scripts.flatMap((script) => problems.get(script) ?? []);
  if (inOrder.length > 0) throw new ServeError(inOrder.join("\n"));
  return { ...generation, tenants: left };
}
