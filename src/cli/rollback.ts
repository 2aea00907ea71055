// `sluice rollback`: all traffic to the version before, or to the one that is named.

import { type Command, InvalidArgumentError } from "commander";
import { TRAFFIC } from "./client/answers.ts";
import { printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
  withYes,
} from "./client/options.ts";
import { confirm } from "./client/terminal.ts";
import { trafficText } from "./traffic.ts";

export function rollbackCommand(command: Command, done: Done): Command {
  withYes(withTenant(command))
    .description("all traffic to an earlier version, at once")
    .argument("[version]", "which (default: the one before)", parseVersion)
    .action((version: number | undefined, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const target = version === undefined ? "the version before" : `version ${version}`;
        const question = `Roll ${options.tenant} back to ${target}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const path = ["tenants", options.tenant, "rollback"];
        const { body } = await client.call({ method: "POST", path, body: { version } }, TRAFFIC);
        printAnswer(options, body, trafficText(body.versions));
        return 0;
      }),
    );
  return examples(command, [
    "sluice rollback --tenant shop --yes",
    "sluice rollback 6 --tenant shop",
  ]);
}

export function parseVersion(text: string): number {
  const [, digits] = /^v?([1-9]\d{0,8})$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new InvalidArgumentError("Expected the number of a version.");
}
