// `sluice rollback`: all traffic to the version before, or to the one that is named.

import { type Command, InvalidArgumentError } from "commander";
import type { AdminClient } from "./client/admin-client.ts";
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
import { type Share, stickyText, trafficText } from "./traffic.ts";

export function rollbackCommand(command: Command, done: Done): Command {
  withYes(withTenant(command))
    .description("all traffic to an earlier version, at once")
    .argument("[version]", "which (default: the last that had all of it before)", parseVersion)
    .action((named: number | undefined, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { tenant, yes = false } = options;
        const version = yes ? named : await confirmed(client, tenant, named);
        if (version === null) return 1;
        const path = ["tenants", tenant, "rollback"];
        const { body } = await client.call({ method: "POST", path, body: { version } }, TRAFFIC);
        // one version is the same for whoever is known by an address
        const by = body.stickyBy?.kind === "address" ? undefined : body.stickyBy;
        printAnswer(options, body, `${trafficText(body.versions)}${stickyText(by)}`);
        return 0;
      }),
    );
  return examples(command, [
    "sluice rollback --tenant shop --yes",
    "sluice rollback 6 --tenant shop",
  ]);
}

/** What was agreed to, so that nothing else happens, whoever deploys meanwhile. Null: no. */
async function confirmed(
  client: AdminClient,
  tenant: string,
  named: number | undefined,
): Promise<number | null | undefined> {
  const path = ["tenants", tenant, "traffic"];
  const { body } = await client.call({ method: "GET", path }, TRAFFIC);
  // the proxy says so in its own words
  if (named === undefined && body.rollbackTo === null) return undefined;
  const version = named ?? body.rollbackTo;
  const to = version === undefined ? "the version before" : `version ${version}`;
  const question = `Roll ${tenant} back from ${servingText(body.versions)} to ${to}?`;
  return (await confirm(question, false)) ? version : null;
}

function servingText(versions: readonly Share[]): string {
  const serving = versions.filter(({ percent }) => percent > 0);
  if (serving.length === 0) return "no version";
  const [whole] = serving.filter(({ percent }) => percent === 100);
  if (whole !== undefined) return `version ${whole.version}`;
  return `versions ${serving.map((one) => `${one.version} (${one.percent} %)`).join(" and ")}`;
}

export function parseVersion(text: string): number {
  const [, digits] = /^v?([1-9]\d{0,8})$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new InvalidArgumentError("Expected the number of a version.");
}
