// `sluice audit`: who changed what, when. What a token did, what the file changed at a reload, and
// what the proxy did by itself, such as taking back a version that failed.

import { type Command, InvalidArgumentError } from "commander";
import type * as z from "zod";
import type { AdminCall, AdminClient } from "./client/admin-client.ts";
import { AUDIT } from "./client/answers.ts";
import { parseMoment } from "./client/moment.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { printJson, printTable, timeText } from "./client/print.ts";

interface AuditOptions extends ClientOptions {
  readonly limit: string;
  readonly actor?: string;
  readonly action?: string;
  readonly since?: number;
  readonly until?: number;
}

const LIMIT_MAX = 1_000;

export function auditCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("who changed what, the newest first")
    .option("--tenant <name>", "what concerns this tenant only")
    .option("--actor <who>", "what token:ID, file or sluice did only")
    .option("--action <name>", "deployment.create only, or all of a kind: deployment")
    .option("--since <time>", "not what is older: 90m, 2h, 7d or a date (UTC)", (text) =>
      parseMoment(text),
    )
    .option("--until <time>", "not what is newer", (text) => parseMoment(text))
    .option("--limit <n>", "so many lines at the most", parseLimit, "50")
    .action((options: AuditOptions) =>
      withClient(options, done, async (client) => {
        const page = await pageOf(client, options);
        if (options.json) printJson(page);
        else printTable(HEAD, rowsOf(page), "nothing like that has been changed");
      }),
    );
  return examples(command, [
    "sluice audit",
    "sluice audit --tenant shop --limit 10",
    "sluice audit --action deployment --since 2h",
    "sluice audit --json | jq '.lines[] | select(.action == \"deployment.disable\")'",
  ]);
}

type Page = z.output<typeof AUDIT>;

/** An answer may be short, and not the last one: the proxy looks at so many lines at most. */
async function pageOf(client: AdminClient, options: AuditOptions): Promise<Page> {
  const { tenant, actor, action, since, until } = options;
  const of = { tenant, actor, action, from: since?.toString(), to: until?.toString() };
  const limit = Number(options.limit);
  const lines: Page["lines"] = [];
  let next: number | null = null;
  do {
    const query = { ...of, limit: String(limit - lines.length), before: next?.toString() };
    const call: AdminCall = { method: "GET", path: ["audit"], query };
    const { body } = await client.call(call, AUDIT);
    lines.push(...body.lines);
    next = body.next;
  } while (next !== null && lines.length < limit);
  return { lines, next };
}

const HEAD = ["TIME", "WHO", "WHAT", "TENANT", "TARGET", "DETAIL"];

const rowsOf = ({ lines }: Page): string[][] =>
  lines.map(({ atMs, actor, action, tenant, target, detail }) => [
    ...[timeText(atMs), actor, action, tenant ?? "", target],
    Object.keys(detail).length === 0 ? "" : JSON.stringify(detail),
  ]);

function parseLimit(text: string): string {
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= LIMIT_MAX) return text;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${LIMIT_MAX}.`);
}
