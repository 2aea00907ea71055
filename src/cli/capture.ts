// `sluice capture`: requests of a tenant as they are, for a while, to be replayed on another
// version of its script.

import { type Command, InvalidArgumentError } from "commander";
import { COMPARED } from "../observe/capture/record.ts";
import { ANYTHING, CAPTURE_RULE, CAPTURE_RULES, CAPTURES } from "./client/capture-answers.ts";
import { deletion, listing, printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
  withYes,
} from "./client/options.ts";
import { printJson, timeText } from "./client/print.ts";

interface StartOptions extends ClientOptions {
  readonly path?: string;
  readonly method?: readonly string[];
  readonly status?: readonly string[];
  readonly count: number;
  readonly for: number;
  readonly keepLogins?: true;
  readonly redact?: readonly string[];
  readonly compare?: readonly string[];
  readonly ignore?: readonly string[];
}

export function captureCommand(command: Command, done: Done): Command {
  group(
    command,
    "requests of a tenant, whole, for a while: start, rules, stop, list, show, forget",
  );
  startCommand(command, done);
  examples(withTenant(command.command("rules")), ["sluice capture rules --tenant shop"])
    .description("what is being captured")
    .action(
      listing(done, {
        path: ({ tenant }: ClientOptions) => ["tenants", tenant, "capture-rules"],
        schema: CAPTURE_RULES,
        head: ["RULE", "PATH", "STATUS", "KEPT", "UNTIL", "LOGINS"],
        rows: ({ rules }) =>
          rules.map(({ id, path, statuses, kept, count, expiresAtMs, keepsLogins }) => [
            ...[id, path === "" ? "any" : path, statuses.join(",") || "any", `${kept}/${count}`],
            ...[timeText(expiresAtMs), keepsLogins ? "kept" : "redacted"],
          ]),
        none: "nothing is being captured",
      }),
    );
  examples(withYes(withTenant(command.command("stop"))), [
    "sluice capture stop 5b2f0c91aa34 --tenant shop",
  ])
    .description("capture no more by a rule, and forget what it kept")
    .argument("<rule>", "its id")
    .action(
      deletion(done, (rule, { tenant }) => ({
        path: ["tenants", tenant, "capture-rules", rule],
        question: `Forget rule ${rule} of ${tenant} and all that it has captured?`,
        told: `rule ${rule} and what it kept are gone`,
        json: { stopped: rule },
      })),
    );
  examples(withTenant(command.command("list")), ["sluice capture list --tenant shop --json"])
    .description("what was captured, the newest first")
    .action(
      listing(done, {
        path: ({ tenant }: ClientOptions) => ["tenants", tenant, "captures"],
        schema: CAPTURES,
        head: ["ID", "TIME", "STATUS", "REQUEST", "VERSION", "LACKS"],
        rows: ({ captures }) =>
          captures.map(({ id, atMs, status, error, method, target, deployment, gap }) => [
            ...[id, timeText(atMs), error === null ? `${status}` : `${status} ${error}`],
            ...[`${method} ${target}`, deployment, gap ?? ""],
          ]),
        none: "nothing was captured",
      }),
    );
  showCommand(command, done);
  examples(withYes(withTenant(command.command("forget"))), [
    "sluice capture forget 5b2f0c91aa34 --tenant shop",
  ])
    .description("forget one of them")
    .argument("<id>", "of the capture")
    .action(
      deletion(done, (id, { tenant }) => ({
        path: ["tenants", tenant, "captures", id],
        question: `Forget capture ${id} of ${tenant}?`,
        told: `capture ${id} is gone`,
        json: { forgot: id },
      })),
    );
  return examples(command, [
    "sluice capture start --tenant shop --status error",
    "sluice capture list --tenant shop",
    "sluice replay main.ts --tenant shop",
  ]);
}

function startCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("start"))
    .description("capture requests from now on")
    .option("--path <prefix>", "those whose target begins with it")
    .option("--method <name...>", "those with one of these methods")
    .option("--status <status...>", "those that end so: 404, 5xx, error")
    .option("-n, --count <n>", "so many", wholeNumber(1_000), 100)
    .option(
      "--for <minutes>",
      "then the rule and all that it kept are gone",
      wholeNumber(1_440),
      60,
    )
    .option("--keep-logins", "Authorization and cookies too: for scripts that look at them")
    .option("--redact <header...>", "header fields whose values are not kept, besides logins")
    .option("--compare <part...>", `what a replay compares (${COMPARED.join(", ")}; default: all)`)
    .option("--ignore <header...>", "header fields that a replay does not compare")
    .action((options: StartOptions) =>
      withClient(options, done, async (client) => {
        const { path, method: methods, status: statuses, count, keepLogins: keepsLogins } = options;
        const { redact: redacts, compare: compares, ignore: ignores } = options;
        const ttlMs = options.for * MINUTE_MS;
        const wanted = { path, methods, statuses, count, ttlMs, keepsLogins };
        const body = { ...wanted, redacts, compares, ignores };
        const at = ["tenants", options.tenant, "capture-rules"];
        const made = await client.call({ method: "POST", path: at, body }, CAPTURE_RULE);
        const { id, expiresAtMs } = made.body;
        const until = `until ${timeText(expiresAtMs)}`;
        printAnswer(options, made.body, `rule ${id} captures up to ${count} requests, ${until}`);
        return 0;
      }),
    );
  examples(command, [
    "sluice capture start --tenant shop --status error",
    "sluice capture start --tenant shop --path /cart -n 200 --for 30 --ignore date",
  ]);
}

function showCommand(parent: Command, done: Done): void {
  examples(withTenant(parent.command("show")), ["sluice capture show 5b2f0c91aa34 --tenant shop"])
    .description("one of them as it was, as JSON, without logins")
    .argument("<id>", "of the capture")
    .action((id: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "captures", id];
        const { body } = await client.call({ method: "GET", path }, ANYTHING);
        printJson(body);
        return 0;
      }),
    );
}

const MINUTE_MS = 60_000;

export const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d{1,6}$/.test(text) && number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`Expected an integer from 1 to ${most}.`);
  };
