// `sluice replay`: how a script answers requests that were captured, and what is the first thing
// that is not as it was.

import { basename } from "node:path";
import type { Command } from "commander";
import type * as z from "zod";
import { wholeNumber } from "./capture.ts";
import { REPLAYED } from "./client/capture-answers.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
} from "./client/options.ts";
import { print, printJson, printTable } from "./client/print.ts";
import { bundled, namesFor, refused } from "./deploy.ts";

interface ReplayOptions extends ClientOptions {
  readonly id?: readonly string[];
  readonly last: number;
  readonly at?: number;
}

type Replayed = z.output<typeof REPLAYED>["replayed"];

export function replayCommand(command: Command, done: Done): Command {
  withTenant(command)
    .description("let a script answer captured requests, without a network, and compare")
    .argument("[file]", "script; default: the version that serves")
    .option("--id <id...>", "of these captures")
    .option("--last <n>", "of so many, the newest", wholeNumber(100), 100)
    .option("--at <version>", "a version of the history in place of a file", wholeNumber(999_999))
    .action(async (file: string | undefined, options: ReplayOptions) => {
      const shown = namesFor(file ?? ".");
      const upload = file === undefined ? {} : await uploadOf(file, shown);
      if (upload === null) return done(1);
      await withClient(options, done, async (client) => {
        const { id: ids, last, at: version } = options;
        const body = { ids, last, ...(file === undefined ? { version } : {}), ...upload };
        const path = ["tenants", options.tenant, "replays"];
        const call = client.call({ method: "POST", path, body }, REPLAYED);
        const { replayed } = (await call.catch((error: unknown) => refused(error, shown))).body;
        if (options.json) printJson({ replayed });
        else show(replayed);
        return replayed.every(({ result }) => result === "same") ? 0 : 1;
      });
    });
  return examples(command, [
    "sluice replay main.ts --tenant shop",
    "sluice replay --tenant shop --at 7 --last 20",
    "sluice replay main.ts --tenant shop --id 5b2f0c91aa34",
  ]);
}

async function uploadOf(file: string, shown: (file: string) => string) {
  const bundle = await bundled(file, shown);
  if (bundle === null) return null;
  const { code, map } = bundle;
  return { bundle: { code, map }, entry: basename(file) };
}

function show(replayed: Replayed): void {
  const rows = replayed.map(({ id, result, difference, reason }) => {
    const { part = "", was = "", is = "" } = difference ?? {};
    return [id, result, part, was, is, reason];
  });
  printTable(["CAPTURE", "RESULT", "FIRST DIFFERENCE", "WAS", "IS", "ERROR"], rows, NONE);
  if (replayed.length === 0) return;
  const count = (wanted: string): number =>
    replayed.filter(({ result }) => result === wanted).length;
  print(`${count("same")} the same, ${count("differs")} differ, ${count("failed")} failed`);
}

const NONE = "nothing was captured that could be replayed";
