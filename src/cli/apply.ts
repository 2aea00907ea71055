// `sluice apply`: makes tenants as a file describes them. It shows what would change, asks, and
// then changes all of it at once or nothing. The revision of each tenant is sent along, so that
// only what was shown is changed.

import type { Command } from "commander";
import type { AdminClient } from "./client/admin-client.ts";
import { APPLIED, TENANT, TENANTS } from "./client/answers.ts";
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
  /** As in the file; null: it goes. */
  readonly settings: unknown;
  /** 0: it is new. */
  readonly revision: number;
}

export function applyCommand(command: Command, done: Done): Command {
  withYes(withAdmin(command))
    .description("make tenants what a file says, after showing the difference")
    .requiredOption(
      "-f, --file <file>",
      "`tenants:` as in sluice.yaml, without scripts; - is stdin",
    )
    .option("--prune", "delete tenants that the file does not name")
    .option("--dry-run", "show the difference, have the proxy check it, and change nothing")
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
  const isDryRun = options.dryRun === true;
  if (changes.length > 0) {
    const question = `Apply ${changes.length === 1 ? "this change" : `these ${changes.length}`}?`;
    if (!isDryRun && !(await confirm(question, options.yes === true))) return 1;
    await make(client, changes, isDryRun);
  }
  const shown = changes.map(({ tenant, does, differences }) => ({ tenant, does, differences }));
  if (options.json) printJson({ applied: !isDryRun, changes: shown });
  else if (!isDryRun) for (const { tenant, does } of changes) print(`${tenant}: ${DONE[does]}`);
  return 0;
}

const DONE = { create: "made", change: "changed", delete: "deleted" } as const;

/** Whatever is no mapping is for the proxy to refuse, with all else that is wrong. */
function wantedOf(document: unknown, file: string): ReadonlyMap<string, unknown> {
  const { tenants, ...rest } = mappingOf(document, file);
  const unknown = Object.keys(rest);
  if (unknown.length > 0 || tenants === undefined) {
    const got = unknown.length === 0 ? "" : `, got ${unknown.join(", ")}`;
    throw new Error(`Cannot apply ${file}: expected the key tenants alone${got}`);
  }
  return new Map(Object.entries(mappingOf(tenants, `tenants of ${file}`)));
}

async function changesFor(
  client: AdminClient,
  wanted: ReadonlyMap<string, unknown>,
  isPruning: boolean,
): Promise<Change[]> {
  const { body } = await client.call({ method: "GET", path: ["tenants"] }, TENANTS);
  const known = new Map(body.tenants.map((tenant) => [tenant.name, tenant]));
  const changes: Change[] = [];
  for (const [tenant, written] of wanted) {
    // in YAML a key without a value is null, which would delete it
    const settings = written ?? {};
    const now = known.has(tenant) ? await current(client, tenant) : null;
    const differences = differencesOf(now?.settings ?? {}, settings);
    if (now !== null && differences.length === 0) continue;
    const does = now === null ? "create" : "change";
    changes.push({ tenant, does, differences, settings, revision: now?.revision ?? 0 });
  }
  for (const { name: tenant, origin } of isPruning ? body.tenants : []) {
    if (origin === "file" || wanted.has(tenant)) continue;
    const { revision } = await current(client, tenant);
    changes.push({ tenant, does: "delete", differences: [], settings: null, revision });
  }
  return changes;
}

/** One of sluice.yaml has no revision, and the proxy refuses to change it. */
async function current(client: AdminClient, tenant: string) {
  const { body } = await client.call({ method: "GET", path: ["tenants", tenant] }, TENANT);
  return { settings: body.settings, revision: body.revision ?? 0 };
}

function show(changes: readonly Change[]): void {
  if (changes.length === 0) return print("nothing to change");
  const signs = { create: "+", change: "~", delete: "-" } as const;
  for (const { tenant, does, differences } of changes) {
    print(`${signs[does]} ${tenant}`);
    for (const line of differences) print(`    ${line}`);
  }
}

async function make(
  client: AdminClient,
  changes: readonly Change[],
  dryRun: boolean,
): Promise<void> {
  const tenants = Object.fromEntries(changes.map(({ tenant, settings }) => [tenant, settings]));
  const revisions = Object.fromEntries(changes.map(({ tenant, revision }) => [tenant, revision]));
  const body = { tenants, revisions, dryRun };
  await client.call({ method: "POST", path: ["apply"], body }, APPLIED);
}
