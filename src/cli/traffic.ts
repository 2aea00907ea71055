// `sluice traffic`: which versions of a tenant's script serve, and how many of its clients each.
// Without versions it shows what is.

import { type Command, InvalidArgumentError, Option } from "commander";
import { TRAFFIC } from "./client/answers.ts";
import { printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
} from "./client/options.ts";

export interface Share {
  readonly version: number;
  readonly percent: number;
}

type StickyBy = { readonly kind: string; readonly name?: string | undefined };

interface TrafficOptions extends ClientOptions {
  readonly stickyBy?: StickyBy;
}

export function trafficCommand(command: Command, done: Done): Command {
  withTenant(command)
    .description("shares of versions: `7=10 8=90` gives version 7 10 % of the clients")
    .argument("[share...]", "VERSION=PERCENT; together they are 100", parseShare)
    .addOption(
      new Option(
        "--sticky-by <what>",
        "what a client is known by: address, cookie:NAME, header:NAME",
      ).argParser(parseSticky),
    )
    .action((shares: readonly Share[] | undefined, options: TrafficOptions) =>
      withClient(options, done, async (client) => {
        const path = ["tenants", options.tenant, "traffic"];
        const { stickyBy } = options;
        const versions = shares ?? [];
        if (versions.length === 0 && stickyBy !== undefined) {
          throw new Error("Cannot set the traffic: expected VERSION=PERCENT, got --sticky-by only");
        }
        const request = { versions, stickyBy };
        const { body } =
          versions.length === 0
            ? await client.call({ method: "GET", path }, TRAFFIC)
            : await client.call({ method: "PUT", path, body: request }, TRAFFIC);
        printAnswer(options, body, `${trafficText(body.versions)}${stickyText(body.stickyBy)}`);
      }),
    );
  return examples(command, [
    "sluice traffic --tenant shop              what serves",
    "sluice traffic 7=90 8=10 --tenant shop    a tenth of the clients see version 8",
    "sluice traffic 8=100 --tenant shop",
  ]);
}

export const trafficText = (versions: readonly Share[]): string =>
  versions.map(({ version, percent }) => `version ${version}: ${percent} %`).join("\n") ||
  "no version serves";

/** As `--sticky-by` takes it: what tells clients apart, which see one version each. */
export const stickyText = (by?: StickyBy): string =>
  by === undefined ? "" : `\nsticky by ${by.kind}${by.name === undefined ? "" : `:${by.name}`}`;

function parseShare(text: string, before: readonly Share[] = []): Share[] {
  const [, version, percent] = /^v?(\d{1,9})=(\d{1,3})%?$/.exec(text) ?? [];
  if (version === undefined || percent === undefined) {
    throw new InvalidArgumentError("Expected VERSION=PERCENT.");
  }
  return [...before, { version: Number(version), percent: Number(percent) }];
}

function parseSticky(text: string): StickyBy {
  if (text === "address") return { kind: "address" };
  const [, kind, name] = /^(cookie|header):(.+)$/.exec(text) ?? [];
  if (kind !== undefined && name !== undefined) return { kind, name };
  throw new InvalidArgumentError("Expected address, cookie:NAME or header:NAME.");
}
