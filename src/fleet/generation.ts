// From the file to a generation: every script bundled, every tenant with the hash that says
// whether it changed. All problems at once, or a generation that the workers can prepare.

import { basename } from "node:path";
import type { Config, TenantConfig } from "../base/config/types.ts";
import { bundleScript } from "../control/bundle.ts";
import type { Logger } from "../observe/log.ts";
import type { Generation, ScriptBundle, ScriptSpec, TenantSpec } from "./messages.ts";
import { scriptHash, tenantSpec } from "./specs.ts";

/** Raised for what the operator can mend: the message is readable lines, one for each problem. */
export class ServeError extends Error {}

export interface Built {
  readonly generation: Generation;
  /** Every file that a script was made of. */
  readonly inputs: readonly string[];
}

export class GenerationBuilder {
  readonly #logger: Logger;
  /** Names by index, never taken back: a worker may still run what a reload removed. */
  readonly #names: string[] = [];
  #numbers = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  tenantName(index: number): string | undefined {
    return this.#names[index];
  }

  /** Throws ServeError with every problem of every script, a line each. */
  async build(config: Config): Promise<Built> {
    const problems: string[] = [];
    const tenants: TenantSpec[] = [];
    const inputs: string[] = [];
    for (const tenant of config.tenants) {
      const made = await this.#bundle(tenant, problems);
      inputs.push(...made.inputs);
      const scripts = made.script === null ? [] : [soleScript(tenant, made.script)];
      const index = this.#indexOf(tenant.name);
      tenants.push(tenantSpec({ config: tenant, scripts, ...UNSHARED, index }));
    }
    if (problems.length > 0) throw new ServeError(problems.join("\n"));
    return { generation: { number: ++this.#numbers, config, tenants }, inputs };
  }

  async #bundle(tenant: TenantConfig, problems: string[]): Promise<Made> {
    if (tenant.script === null) return { script: null, inputs: [] };
    const result = await bundleScript(tenant.script);
    if (!result.ok) {
      for (const { file, line, column, text } of result.errors) {
        problems.push(`${file}:${line}:${column}: ${text}`);
      }
      return { script: null, inputs: [] };
    }
    for (const warning of result.warnings) {
      const place = `${warning.file}:${warning.line}`;
      this.#logger.warn({ tenant: tenant.name }, `${place}: ${warning.text}`);
    }
    const { code, map, sha256, usesUrl, inputs } = result;
    const deployment = `${basename(tenant.script)}@${sha256.slice(0, 8)}`;
    return { script: { tenant: tenant.name, deployment, code, map, usesUrl }, inputs };
  }

  #indexOf(name: string): number {
    const known = this.#names.indexOf(name);
    return known === -1 ? this.#names.push(name) - 1 : known;
  }
}

interface Made {
  readonly script: ScriptBundle | null;
  readonly inputs: readonly string[];
}

const UNSHARED = { stickyBy: { kind: "address" }, testerKey: "" } as const;

function soleScript(config: TenantConfig, bundle: ScriptBundle): ScriptSpec {
  return { version: 0, percent: 100, bundle, hash: scriptHash(config, bundle) };
}
