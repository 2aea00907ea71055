// `sluice nodes`: the proxies that share a store, and taking one out of load balancers for a while.

import type { Command } from "commander";
import type { AdminClient } from "./client/admin-client.ts";
import { NOTHING } from "./client/answers.ts";
import { listing, printAnswer } from "./client/collection.ts";
import { NODES } from "./client/node-answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withAdmin,
  withClient,
} from "./client/options.ts";

export function nodesCommand(command: Command, done: Done): Command {
  group(command, "proxies that share a PostgreSQL: list, drain, resume");
  examples(command, [
    "sluice nodes list",
    "sluice nodes drain edge-2",
    "sluice nodes resume edge-2",
  ]);
  const list = withAdmin(command.command("list"))
    .description("every proxy: how far it is, and why not further")
    .action(
      listing(done, {
        path: () => PATH,
        schema: NODES,
        head: ["NODE", "ID", "STATE", "VERSION", "REVISION", "LAG", "SEEN", "REQUESTS", "REASON"],
        rows: ({ nodes }) =>
          nodes.map(({ name, self, id, version, ...of }) => [
            ...[self ? `${name} *` : name, id.slice(0, ID_SHOWN)],
            ...[stateText(of), version, String(of.revision)],
            ...[String(of.lag), `${(of.silentMs / 1_000).toFixed(1)} s ago`],
            ...[String(of.requests), of.reason.split("\n")[0] ?? ""],
          ]),
        none: "no nodes",
      }),
    );
  examples(list, ["sluice nodes list --json | jq '.nodes[] | select(.state != \"serving\")'"]);
  drainCommand(command, done, "drain", "say to load balancers that it is not ready; it serves on");
  drainCommand(command, done, "resume", "take a drained one back");
  return command;
}

const PATH = ["nodes"];
/** As much of an id as tells nodes apart; also as much as needs to be given. */
const ID_SHOWN = 8;

interface Shown {
  readonly state: string;
  readonly drained: boolean;
  readonly guardian: boolean;
}

const stateText = ({ state, drained, guardian }: Shown): string =>
  [state, ...(drained ? ["drained"] : []), ...(guardian ? ["guardian"] : [])].join(", ");

function drainCommand(parent: Command, done: Done, verb: "drain" | "resume", about: string): void {
  const command = withAdmin(parent.command(verb))
    .description(about)
    .argument("<node>", "its name, if no other has it, or the beginning of its id")
    .action((given: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const { id, name } = await nodeOf(client, given);
        await client.call({ method: "POST", path: [...PATH, id, verb] }, NOTHING);
        const told = verb === "drain" ? "is drained" : "takes part again";
        printAnswer(options, { id, name }, `${name} (${id.slice(0, ID_SHOWN)}) ${told}`);
      }),
    );
  examples(command, [`sluice nodes ${verb} edge-2`]);
}

async function nodeOf(client: AdminClient, given: string) {
  const { body } = await client.call({ method: "GET", path: PATH }, NODES);
  const found = body.nodes.filter(({ id, name }) => name === given || id.startsWith(given));
  const [node] = found;
  if (node !== undefined && found.length === 1) return node;
  const got = found.length === 0 ? "none" : `${found.length}: ${found.map(({ id }) => id)}`;
  throw new Error(`Cannot find the node ${given}: expected one of this name or id, got ${got}`);
}
