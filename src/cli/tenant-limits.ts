// `sluice tenant limits`: the limits of a tenant, and how near it is to each.

import type { Command } from "commander";
import * as z from "zod";
import {
  type ClientOptions,
  type Done,
  examples,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson, printTable } from "./client/print.ts";

const LIMITS = z.object({
  limits: z.array(
    z.object({
      name: z.string(),
      limit: z.number(),
      used: z.number().nullable(),
      isMost: z.boolean(),
      bounds: z.string(),
    }),
  ),
});

type Limit = z.output<typeof LIMITS>["limits"][number];

export function limitsCommand(parent: Command, done: Done): void {
  const command = withAdmin(parent.command("limits"))
    .description("the limits of a tenant, and how near it is to each")
    .argument("<name>")
    .action((name: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", name, "limits"];
        const { body } = await client.call({ method: "GET", path }, LIMITS);
        if (options.json) {
          printJson(body);
          return 0;
        }
        printTable(["LIMIT", "AT MOST", "USED", "SHARE", "BOUNDS"], body.limits.map(rowOf), "none");
        print("* by one request, the most since settings or versions changed; else now");
        return 0;
      }),
    );
  examples(command, ["sluice tenant limits shop"]);
}

const rowOf = ({ name, limit, used, isMost, bounds }: Limit): string[] => [
  ...[name, String(limit)],
  used === null ? "" : `${used}${isMost ? " *" : ""}`,
  used === null || limit === 0 ? "" : `${Math.round((100 * used) / limit)} %`,
  bounds,
];
