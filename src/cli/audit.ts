// `sluice audit`: who changed what, when. What a token did, what the file changed at a reload, and
// what the proxy did by itself, such as taking back a version that failed.

import { type Command, InvalidArgumentError } from "commander";
import { AUDIT } from "./client/answers.ts";
import { listing } from "./client/collection.ts";
import { type ClientOptions, type Done, examples, withAdmin } from "./client/options.ts";
import { timeText } from "./client/print.ts";

interface AuditOptions extends ClientOptions {
  readonly limit: string;
}

const LIMIT_MAX = 1_000;

export function auditCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("who changed what, the newest first")
    .option("--tenant <name>", "what concerns this tenant only")
    .option("--limit <n>", "so many lines at the most", parseLimit, "50")
    .action(
      listing(done, {
        path: () => ["audit"],
        query: ({ tenant, limit }: AuditOptions) => ({ tenant, limit }),
        schema: AUDIT,
        head: ["TIME", "WHO", "WHAT", "TENANT", "TARGET", "DETAIL"],
        rows: ({ lines }) =>
          lines.map(({ atMs, actor, action, tenant, target, detail }) => [
            ...[timeText(atMs), actor, action, tenant ?? "", target],
            Object.keys(detail).length === 0 ? "" : JSON.stringify(detail),
          ]),
        none: "nothing has been changed",
      }),
    );
  return examples(command, [
    "sluice audit",
    "sluice audit --tenant shop --limit 10",
    "sluice audit --json | jq '.lines[] | select(.action == \"deployment.disable\")'",
  ]);
}

function parseLimit(text: string): string {
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= LIMIT_MAX) return text;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${LIMIT_MAX}.`);
}
