// How the program of a trial talks to its host: a job on standard input, a report on standard
// output, its end. Both sides are here: trial-process.ts writes the job and reads the report.

import { readFileSync, writeSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { deserialize, serialize } from "node:v8";
import { NICENESS } from "../children/command.ts";

const INPUT = 0;
const OUTPUT = 1;

/** The byte that the program writes before the script begins; its report is the rest. */
export const BEGUN = 0x0a;

/** Not as JSON, which has no Infinity and no bytes. The way back is JSON: it is not trusted. */
export const encodeJob = (job: object): Buffer => serialize(job);

/** The read lasts until the job's writer has closed. */
export const readJob = <Job>(): Job => deserialize(readFileSync(INPUT));

/** From here on the script's time runs, and whoever has connections comes before it. */
export function begin(): void {
  // from where the proxy is: no process may raise its own
  setPriority(Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW));
  writeSync(OUTPUT, Uint8Array.of(BEGUN));
}

export function say(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    rest = rest.subarray(writeSync(OUTPUT, rest));
  }
}

/** An isolate that does not end would keep the process; nothing of it is wanted any more. */
export function endTrial(): void {
  process.kill(process.pid, "SIGKILL");
}
