// The bench's command line. What the flags mean is in USAGE; nothing here touches the machine.

import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants.ts";
import type { HeadName } from "./heads.ts";
import { HEADS, isHeadName } from "./heads.ts";

export interface Options {
  readonly only: readonly string[];
  readonly connections: readonly number[];
  readonly heads: readonly HeadName[];
  readonly seconds: number;
  readonly rounds: number;
  /** Write bench/RESULTS.md too, not only bench/results.json. */
  readonly save: boolean;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [flags]

  --only A,B          contestants: ${CONTESTANTS.map((each) => each.name).join(", ")}
  --connections 1,64  client connections (1,8,64,256)
  --head small        heads: ${Object.keys(HEADS).join(", ")} (all)
  --seconds 4         length of each run
  --rounds 3          runs of each kind; the median counts
  --save              write bench/RESULTS.md as well as bench/results.json
`;

/** Throws a sentence for the user when a flag makes no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      connections: { type: "string", default: "1,8,64,256" },
      head: { type: "string", default: Object.keys(HEADS).join(",") },
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    only: list(values.only).map(toContestantName),
    connections: list(values.connections).map((text) => toCount("--connections", text, 4096)),
    heads: list(values.head).map(toHeadName),
    seconds: toCount("--seconds", values.seconds, 600),
    rounds: toCount("--rounds", values.rounds, 100),
    save: values.save,
    help: values.help,
  };
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function toContestantName(name: string): string {
  if (CONTESTANTS.some((each) => each.name === name)) return name;
  throw new Error(`Cannot bench "${name}": expected one of the names that --help lists.`);
}

function toHeadName(name: string): HeadName {
  if (isHeadName(name)) return name;
  throw new Error(`Cannot use --head ${name}: expected ${Object.keys(HEADS).join(" or ")}.`);
}

function toCount(flag: string, text: string, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new Error(`Cannot use ${flag} ${text}: expected whole numbers from 1 to ${max}.`);
}
