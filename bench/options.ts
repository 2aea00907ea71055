// The bench's command line. What the flags mean is in USAGE; nothing here touches the machine.

import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants.ts";
import type { HeadName } from "./heads.ts";
import { HEADS, isHeadName } from "./heads.ts";
import type { RequestKind } from "./results.ts";

export interface Options {
  readonly only: readonly string[];
  readonly connections: readonly number[];
  readonly heads: readonly HeadName[];
  /** Requests a second of all connections together, besides the closed loop. */
  readonly rates: readonly number[];
  readonly seconds: number;
  /** Before the first run of a contestant in each round. */
  readonly warmUpSeconds: number;
  readonly rounds: number;
  /** Turns of each of two contestants that have a goal, side by side; 0: none. */
  readonly pairs: number;
  /** For so long a row that others have disturbed is measured again. */
  readonly repeatMinutes: number;
  /** Write bench/RESULTS.md too, not only bench/results.json. */
  readonly save: boolean;
  readonly help: boolean;
}

/** At a fixed rate: enough that none of them waits for an answer of some ms. */
export const RATE_CONNECTIONS = 64;

/** Of the warm-up: JIT compilers and pools get ready. */
export const WARM_UP = { connections: 64, head: "browser" } as const;

const QUICK = {
  ...{ connections: "64", head: "small", rates: "2000" },
  ...{ seconds: "1", "warm-up": "1", rounds: "1", minutes: "0", pairs: "6" },
};

const FULL = {
  ...{ connections: "1,64", head: Object.keys(HEADS).join(","), rates: "2000" },
  ...{ seconds: "4", "warm-up": "4", rounds: "5", minutes: "60", pairs: "24" },
};

export const USAGE = `npm run bench -- [flags]

  --only A,B          contestants: ${CONTESTANTS.map((each) => each.name).join(", ")}
  --connections 1,64  client connections of the closed loop (1,64)
  --head small        heads: ${Object.keys(HEADS).join(", ")} (all)
  --rates 2000        fixed rates: requests a second, with ${RATE_CONNECTIONS} connections (2000)
  --seconds 4         length of each run
  --warm-up 4         seconds of load before a contestant is measured, in each round
  --rounds 5          runs of each kind; the median counts
  --pairs 24          turns of each two that have a goal, side by side after the runs; 0: none
  --minutes 60        after so many, rows that others have disturbed are not measured again
  --quick             one round of one second, a small head, 64 connections, nothing repeated
  --save              write bench/RESULTS.md as well as bench/results.json
`;

/** Throws a sentence for the user when a flag makes no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      connections: { type: "string" },
      head: { type: "string" },
      rates: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      rounds: { type: "string" },
      pairs: { type: "string" },
      minutes: { type: "string" },
      quick: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const given = { ...(values.quick ? QUICK : FULL), ...values };
  return {
    only: list(values.only).map(toContestantName),
    connections: list(given.connections).map((text) => toCount("--connections", text, 4096)),
    heads: list(given.head).map(toHeadName),
    rates: list(given.rates).map((text) => toCount("--rates", text, 1_000_000)),
    seconds: toCount("--seconds", given.seconds, 600),
    warmUpSeconds: toCount("--warm-up", given["warm-up"], 600),
    rounds: toCount("--rounds", given.rounds, 100),
    pairs: given.pairs === "0" ? 0 : toCount("--pairs", given.pairs, 1_000),
    repeatMinutes: given.minutes === "0" ? 0 : toCount("--minutes", given.minutes, 1_440),
    save: values.save,
    help: values.help,
  };
}

/** Closed loops with each number of connections, then the fixed rates, with each head. */
export const kindsOf = ({ heads, connections, rates }: Options): RequestKind[] =>
  heads.flatMap((head) => [
    ...connections.map((count) => ({ head, connections: count, rate: 0 })),
    ...rates.map((rate) => ({ head, connections: RATE_CONNECTIONS, rate })),
  ]);

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
