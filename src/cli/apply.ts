// `sluice apply`: tenants as a file says. Shows what would change, asks, and changes only what is
// still as it was shown: each tenant's ETag goes along.

import type { Command } from "commander";
import type { AdminClient } from "./client/admin-client.ts";
import { NOTHING, TENANT, TENANTS } from "./client/answers.ts";
import { differencesOf } from "./client/difference.ts";
import { mappingOf, readDocument } from "./client/input.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
  withYes,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";
import { confirm } from "./client/terminal.ts";

interface ApplyOptions extends Omit<ClientOptions, "tenant"> {
  readonly file: string;
  readonly prune?: true;
  readonly dryRun?: true;
}

interface Change {
  readonly tenant: string;
  readonly does: "create" | "change" | "delete";
  readonly differences: readonly string[];
  /** Null: it goes. */
  readonly settings: object | null;
  /** Null: it is new. */
  readonly etag: string | null;
}

export function applyCommand(command: Command, done: Done): Command {
  withYes(withAdmin(command))
    .description("make tenants what a file says, after showing the difference")
    .requiredOption(
      "-f, --file <file>",
      "`tenants:` as in sluice.yaml, without scripts; - is stdin",
    )
    .option("--prune", "delete tenants that the file does not name")
    .option("--dry-run", "show the difference, and change nothing")
    .action((options: ApplyOptions) =>
      withClient(options, done, (client) => apply(client, options)),
    );
  return examples(command, [
    "sluice apply -f tenants.yaml",
    "sluice apply -f tenants.yaml --dry-run",
    "sluice apply -f tenants.yaml --prune --yes",
  ]);
}

async function apply(client: AdminClient, options: ApplyOptions): Promise<number> {
  const wanted = wantedOf(await readDocument(options.file), options.file);
  const changes = await changesFor(client, wanted, options.prune === true);
  if (!options.json) show(changes);
  const isDone = changes.length === 0 || options.dryRun === true;
  if (!isDone) {
    const question = `Apply ${changes.length === 1 ? "this change" : `these ${changes.length}`}?`;
    if (!(await confirm(question, options.yes === true))) return 1;
    for (const change of changes) {
      await make(client, change);
      if (!options.json) print(`${change.tenant}: ${DONE[change.does]}`);
    }
  }
  const shown = changes.map(({ tenant, does, differences }) => ({ tenant, does, differences }));
  if (options.json) printJson({ applied: options.dryRun !== true, changes: shown });
  return 0;
}

const DONE = { create: "made", change: "changed", delete: "deleted" } as const;

function wantedOf(document: unknown, file: string): ReadonlyMap<string, object> {
  const { tenants, ...rest } = mappingOf(document, file);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined || tenants === undefined) {
    const got = unknown === undefined ? "" : `, got ${unknown}`;
    throw new Error(`Cannot apply ${file}: expected the key tenants alone${got}`);
  }
  const entries = Object.entries(mappingOf(tenants, `tenants of ${file}`));
  return new Map(entries.map(([name, value]) => [name, mappingOf(value, `tenants.${name}`)]));
}

async function changesFor(
  client: AdminClient,
  wanted: ReadonlyMap<string, object>,
  isPruning: boolean,
): Promise<Change[]> {
  const { body } = await client.call({ method: "GET", path: ["tenants"] }, TENANTS);
  const known = new Map(body.tenants.map((tenant) => [tenant.name, tenant]));
  const changes: Change[] = [];
  for (const [tenant, settings] of wanted) {
    const now = known.has(tenant) ? await current(client, tenant) : null;
    const differences = differencesOf(now?.settings ?? {}, settings);
    if (now !== null && differences.length === 0) continue;
    const does = now === null ? "create" : "change";
    changes.push({ tenant, does, differences, settings, etag: now?.etag ?? null });
  }
  for (const { name: tenant, origin } of isPruning ? body.tenants : []) {
    if (origin === "file" || wanted.has(tenant)) continue;
    const { etag } = await current(client, tenant);
    changes.push({ tenant, does: "delete", differences: [], settings: null, etag });
  }
  return changes;
}

async function current(client: AdminClient, tenant: string) {
  const { body, etag } = await client.call({ method: "GET", path: ["tenants", tenant] }, TENANT);
  return { settings: body.settings, etag };
}

function show(changes: readonly Change[]): void {
  if (changes.length === 0) return print("nothing to change");
  const signs = { create: "+", change: "~", delete: "-" } as const;
  for (const { tenant, does, differences } of changes) {
    print(`${signs[does]} ${tenant}`);
    for (const line of differences) print(`    ${line}`);
  }
}

async function make(client: AdminClient, { tenant, settings, etag }: Change): Promise<void> {
  const path = ["tenants", tenant];
  const condition = etag === null ? { "if-none-match": "*" } : { "if-match": etag };
  if (settings === null) {
    await client.call({ method: "DELETE", path, headers: condition }, NOTHING);
    return;
  }
  await client.call({ method: "PUT", path, body: settings, headers: condition }, NOTHING);
}
