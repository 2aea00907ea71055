// `sluice upstream`: the groups of a tenant's peers: how each peer stands, and draining, disabling,
// weighing, adding and removing one while the proxy runs.

import { type Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import { NOTHING, UPSTREAM } from "./client/answers.ts";
import { listing, pathsOf, printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
  withYes,
} from "./client/options.ts";
import { confirm } from "./client/terminal.ts";

export function upstreamCommand(command: Command, done: Done): Command {
  group(command, "peers of a tenant's groups: list, drain, disable, enable, weight, add, remove");
  examples(command, [
    "sluice upstream list --tenant shop",
    "sluice upstream drain api 10.0.0.7:9001 --tenant shop --within 60000",
    "sluice upstream enable api 10.0.0.7:9001 --tenant shop",
  ]);
  listCommand(command, done);
  drainCommand(command, done);
  disableCommand(command, done);
  enableCommand(command, done);
  weightCommand(command, done);
  addCommand(command, done);
  removeCommand(command, done);
  return command;
}

const pathOf = pathsOf("upstreams");

function listCommand(parent: Command, done: Done): void {
  const command = withTenant(parent.command("list"))
    .description("every peer, and how it stands")
    .action(
      listing(done, {
        path: (options: ClientOptions) => pathOf(options),
        schema: z.object({ upstreams: z.array(UPSTREAM) }),
        head: ["GROUP", "PEER", "STATE", "WEIGHT", "ACTIVE", "ANSWERED", "FAILED", "REASON"],
        rows: ({ upstreams }) =>
          upstreams.flatMap(({ name, peers }) =>
            peers.map(({ address, state, weight, active, answered, failed, reason }) => [
              ...[name, address, state],
              ...[weight, active, answered, failed].map(String),
              reason,
            ]),
          ),
        none: "no upstreams",
      }),
    );
  examples(command, ["sluice upstream list --tenant shop --json"]);
}

interface DrainOptions extends ClientOptions {
  readonly within?: number;
}

function drainCommand(parent: Command, done: Done): void {
  const command = peerCommand(parent, "drain")
    .description("give a peer no new clients, until nothing is under way there")
    .option("--within <ms>", "when it is over at the latest", milliseconds)
    .action((name: string, peer: string, options: DrainOptions) => {
      const { within } = options;
      const body = { state: "draining", ...(within === undefined ? {} : { drainMs: within }) };
      return change([name, peer], options, done, { body, told: "is being drained" });
    });
  examples(command, ["sluice upstream drain api 10.0.0.7:9001 --tenant shop"]);
}

function disableCommand(parent: Command, done: Done): void {
  const command = peerCommand(parent, "disable")
    .description("give a peer no requests any more")
    .action((name: string, peer: string, options: ClientOptions) =>
      change([name, peer], options, done, { body: { state: "disabled" }, told: "is disabled" }),
    );
  examples(command, ["sluice upstream disable api 10.0.0.7:9001 --tenant shop"]);
}

function enableCommand(parent: Command, done: Done): void {
  const command = peerCommand(parent, "enable")
    .description("take a peer back that was drained or disabled")
    .action((name: string, peer: string, options: ClientOptions) =>
      change([name, peer], options, done, { body: { state: "ready" }, told: "is enabled" }),
    );
  examples(command, ["sluice upstream enable api 10.0.0.7:9001 --tenant shop"]);
}

function weightCommand(parent: Command, done: Done): void {
  const command = peerCommand(parent, "weight")
    .description("set a peer's share of the requests")
    .argument("<weight>", "1 to 1000", weightOf)
    .action((name: string, peer: string, weight: number, options: ClientOptions) =>
      change([name, peer], options, done, { body: { weight }, told: `has the weight ${weight}` }),
    );
  examples(command, ["sluice upstream weight api 10.0.0.7:9001 5 --tenant shop"]);
}

interface AddOptions extends ClientOptions {
  readonly weight?: number;
  readonly priority?: number;
}

function addCommand(parent: Command, done: Done): void {
  const command = peerCommand(parent, "add")
    .description("add a peer to a group, until the proxy ends")
    .option("--weight <weight>", "its share of the requests (default: 1)", weightOf)
    .option("--priority <priority>", "0 serves, higher numbers are backups", priorityOf)
    .action((name: string, peer: string, options: AddOptions) =>
      withClient(options, done, async (client) => {
        const { weight, priority } = options;
        const body = {
          ...(weight === undefined ? {} : { weight }),
          ...(priority === undefined ? {} : { priority }),
        };
        const path = pathOf(options, name, "peers", peer);
        await client.call({ method: "POST", path, body }, NOTHING);
        printAnswer(options, { added: peer }, `${peer} is a peer of ${name} now`);
      }),
    );
  examples(command, ["sluice upstream add api 10.0.0.9:9001 --tenant shop --weight 2"]);
}

function removeCommand(parent: Command, done: Done): void {
  const command = withYes(peerCommand(parent, "remove"))
    .description("take a peer out of a group, until the proxy ends")
    .action((name: string, peer: string, options: ClientOptions) =>
      withClient(options, done, async (client) => {
        const question = `Take ${peer} out of ${name} of ${options.tenant}?`;
        if (!(await confirm(question, options.yes === true))) return 1;
        const path = pathOf(options, name, "peers", peer);
        await client.call({ method: "DELETE", path }, NOTHING);
        printAnswer(options, { removed: peer }, `${peer} is no peer of ${name} any more`);
        return 0;
      }),
    );
  examples(command, ["sluice upstream remove api 10.0.0.9:9001 --tenant shop --yes"]);
}

const peerCommand = (parent: Command, name: string): Command =>
  withTenant(parent.command(name)).argument("<group>").argument("<peer>", "its address: host:port");

interface Change {
  readonly body: Readonly<Record<string, string | number>>;
  readonly told: string;
}

function change(
  [name, peer]: readonly [string, string],
  options: ClientOptions,
  done: Done,
  { body, told }: Change,
): Promise<void> {
  return withClient(options, done, async (client) => {
    const path = pathOf(options, name, "peers", peer);
    await client.call({ method: "PUT", path, body }, NOTHING);
    printAnswer(options, { peer, ...body }, `${peer} of ${name} ${told}`);
  });
}

const milliseconds = (text: string): number => numberIn(text, 1, 86_400_000);
const weightOf = (text: string): number => numberIn(text, 1, 1_000);
const priorityOf = (text: string): number => numberIn(text, 0, 15);

function numberIn(text: string, least: number, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
}
