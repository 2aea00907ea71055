// `sluice token`: who may do what over the admin API. A token is shown once, when it is made.

import { type Command, InvalidArgumentError, Option } from "commander";
import { NEW_TOKEN, TOKENS } from "./client/answers.ts";
import { deletion, listing } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withAdmin,
  withClient,
  withYes,
} from "./client/options.ts";
import { print, printJson, timeText } from "./client/print.ts";

interface CreateOptions extends Omit<ClientOptions, "tenant"> {
  readonly role: string;
  readonly tenant?: string;
  readonly days?: number;
}

const DAY_MS = 86_400_000;

export function tokenCommand(command: Command, done: Done): Command {
  group(command, "tokens for the admin API: create, list, revoke");
  examples(command, [
    "sluice token create --role deployer --tenant shop",
    "sluice token list",
    "sluice token revoke 3fa1c2d4 --yes",
  ]);
  createCommand(command, done);
  listCommand(command, done);
  revokeCommand(command, done);
  return command;
}

function createCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("create"))
    .description("make a token; it is printed once and cannot be had again")
    .addOption(
      new Option("--role <role>", "what it may do")
        .choices(["operator", "deployer", "reader"])
        .makeOptionMandatory(),
    )
    .option("--tenant <name>", "for this tenant only")
    .option("--days <n>", "until it expires (default: never)", parseDays)
    .action((options: CreateOptions) =>
      withClient(options, done, async (client) => {
        const { role, tenant, days } = options;
        const expiresAtMs = days === undefined ? undefined : Date.now() + days * DAY_MS;
        const request = { role, tenant, expiresAtMs };
        const call = { method: "POST", path: ["tokens"], body: request } as const;
        const { body } = await client.call(call, NEW_TOKEN);
        if (options.json) printJson(body);
        else {
          process.stderr.write(`token ${body.id}, shown this once:\n`);
          print(body.token);
        }
      }),
    );
  examples(command, [
    "sluice token create --role deployer --tenant shop --days 90",
    "SLUICE_ADMIN_TOKEN=$(sluice token create --role reader)",
  ]);
}

function listCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("list"))
    .description("all tokens, without the tokens themselves")
    .action(
      listing(done, {
        path: () => ["tokens"],
        schema: TOKENS,
        head: ["ID", "ROLE", "TENANT", "CREATED", "EXPIRES"],
        rows: ({ tokens }) =>
          tokens.map(({ id, role, tenant, createdAtMs, expiresAtMs }) => {
            const expires = expiresAtMs === null ? "never" : timeText(expiresAtMs);
            return [id, role, tenant ?? "(all)", timeText(createdAtMs), expires];
          }),
        none: "no tokens",
      }),
    );
  examples(command, ["sluice token list"]);
}

function revokeCommand(parent: Command, done: Done): void {
  const command = withYes(withAdmin(parent.command("revoke")))
    .description("revoke a token: it opens nothing from now on")
    .argument("<id>")
    .action(
      deletion(done, (id) => ({
        path: ["tokens", id],
        question: `Revoke the token ${id}?`,
        told: `token ${id} is revoked`,
        json: { revoked: id },
      })),
    );
  examples(command, ["sluice token revoke 3fa1c2d4 --yes"]);
}

const DAYS_MAX = 3_650;

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= DAYS_MAX) return days;
  throw new InvalidArgumentError(`Expected a number of days from 1 to ${DAYS_MAX}.`);
}
