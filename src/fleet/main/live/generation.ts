// Bundles the scripts that the file names: all of them, or every problem of every script at once.

import { basename } from "node:path";
import { ownersOf } from "../../../base/config/operator.ts";
import type { Config, TenantConfig } from "../../../base/config/types.ts";
import { type Bundle, bundleScript } from "../../../control/bundle.ts";
import { bundleOver } from "../../../control/bundle-limits.ts";
import { fileVersionName } from "../../../control/deploy/version-name.ts";
import type { LiveVersion } from "../../../control/live.ts";
import type { Logger } from "../../../observe/log.ts";
import { ServeError } from "../../shared/start-errors.ts";

/** A script of the file. */
export interface FileScript {
  /** As it runs where there is no history. */
  readonly version: LiveVersion;
  readonly entry: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface FileScripts {
  /** By tenant; those without a script are not there. */
  readonly scripts: ReadonlyMap<string, FileScript>;
  /** Every file that a script was made of. */
  readonly inputs: readonly string[];
}

/** Throws ServeError with every problem of every script, a line each. */
export async function bundleFileScripts(config: Config, logger: Logger): Promise<FileScripts> {
  const owners = ownersOf(config);
  const results = await Promise.all(owners.map(bundleOf));
  const scripts = new Map<string, FileScript>();
  const inputs: string[] = [];
  const problems: string[] = [];
  for (const [i, tenant] of owners.entries()) {
    const result = results[i] ?? null;
    if (result === null) continue;
    inputs.push(...result.inputs);
    if (!result.ok) {
      for (const { file, line, column, text } of result.errors) {
        problems.push(`${file}:${line}:${column}: ${text}`);
      }
      continue;
    }
    const over = bundleOver(result.bytes, tenant.limits.bundleBytes);
    if (over !== null) problems.push(`${tenant.script}:1:1: ${over}`);
    for (const warning of result.warnings) {
      const place = `${warning.file}:${warning.line}`;
      logger.warn({ tenant: tenant.name }, `${place}: ${warning.text}`);
    }
    scripts.set(tenant.name, fileScript(basename(tenant.script ?? ""), result));
  }
  if (problems.length > 0) throw new ServeError(problems.join("\n"), { inputs });
  return { scripts, inputs };
}

const bundleOf = async ({ script }: TenantConfig) =>
  script === null ? null : await bundleScript(script);

function fileScript(entry: string, bundle: Bundle): FileScript {
  const { code, map, sha256, bytes } = bundle;
  const name = fileVersionName(entry, sha256);
  return {
    version: {
      version: 0,
      percent: 100,
      name,
      code,
      map,
      isDisabled: false,
      reason: "",
      timesEnabled: 0,
      isOfFile: true,
    },
    ...{ entry, sha256, bytes },
  };
}
