// The flags of every command that talks to a running proxy, and the run of such a command.

import { type Command, Option } from "commander";
import { OPERATOR } from "../../base/config/operator.ts";
import type { AdminClient } from "./admin-client.ts";
import type { PlaceOptions } from "./place.ts";

export type Done = (status: number) => void;

/** Also of a command that names a tenant, or asks before it does something. */
export interface ClientOptions extends PlaceOptions {
  readonly json?: true;
  readonly tenant: string;
  readonly yes?: true;
}

/** Flags of every command that talks to the proxy. */
export const withAdmin = (command: Command): Command =>
  command
    .option("-c, --config <file>", "configuration that names the admin address", "sluice.yaml")
    .option("--admin <url>", "admin address of the proxy (or SLUICE_ADMIN_URL)")
    .option("--token <token>", "others on this machine can see it: better SLUICE_ADMIN_TOKEN")
    .option("--json", "print the answer as JSON")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false);

export const TENANT_ENV = "SLUICE_TENANT";

/** … and one that is about a tenant's script, or the operator's. */
export const withTenant = (command: Command): Command =>
  withOperator(
    withAdmin(command).addOption(
      new Option("--tenant <name>", "whose").env(TENANT_ENV).makeOptionMandatory(),
    ),
  );

/** Stands for `--tenant`: whoever names both has one of them in mind. */
export function withOperator(command: Command): Command {
  let given = "";
  const expectOne = (option: string): void => {
    if (given !== "" && given !== option) command.error(BOTH);
    given = option;
  };
  return command
    .option("--operator", "of the script around all tenants'")
    .on("option:tenant", () => expectOne("tenant"))
    .on("option:operator", () => {
      expectOne("operator");
      command.setOptionValueWithSource("tenant", OPERATOR, "cli");
    });
}

const BOTH = "error: expected --tenant or --operator, got both";

export const withYes = (command: Command): Command => command.option("-y, --yes", "do not ask");

/** A command that only holds others: `sluice secret` shows them, and is refused. */
export const group = (command: Command, description: string): Command =>
  command.description(description).helpOption("-h, --help", "print this help");

export const examples = (command: Command, lines: readonly string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join("")}`);

/** Runs it with a client that is closed afterwards. Exit status 0 unless it says otherwise. */
export async function withClient(
  options: PlaceOptions,
  done: Done,
  use: (client: AdminClient) => Promise<number | undefined>,
): Promise<void> {
  if (options.token !== undefined) process.stderr.write(SEEN);
  // Loaded late: `sluice --help` should not have to wait for an HTTP client.
  const client = await import("./admin-client.ts");
  await using admin = client.AdminClient.for(options);
  done((await use(admin)) ?? 0);
}

const SEEN = "sluice: others on this machine can read --token: SLUICE_ADMIN_TOKEN they cannot\n";
