// `sluice reload` and `sluice handover`: what SIGHUP and SIGUSR2 do, with an answer to wait for.

import type { Command } from "commander";
import { HANDED_OVER, RELOADED } from "./client/answers.ts";
import { printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";

export function reloadCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("read the configuration and its scripts again, without dropping a connection")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { body } = await client.call({ method: "POST", path: ["reload"] }, RELOADED);
        if (options.json) printJson(body);
        else {
          const changes = (["added", "removed", "changed"] as const)
            .filter((what) => body[what].length > 0)
            .map((what) => `${what} ${body[what].join(", ")}`);
          const revision = body.revision === 0 ? "" : ` (revision ${body.revision})`;
          const what = changes.join("; ") || "nothing changed";
          print(`reloaded in ${body.durationMs} ms: ${what}${revision}`);
          for (const key of body.needsHandover) print(`${key} needs sluice handover or a restart`);
        }
      }),
    );
  return examples(command, ["sluice reload", "sluice reload -c /etc/sluice/sluice.yaml --json"]);
}

export function handoverCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("replace the running proxy by a new process, without dropping a connection")
    .action((options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { body } = await client.call({ method: "POST", path: ["handover"] }, HANDED_OVER);
        printAnswer(options, body, `handed over to process ${body.pid}`);
      }),
    );
  return examples(command, ["sluice handover", "sluice handover --admin http://127.0.0.1:9090"]);
}
