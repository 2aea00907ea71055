// A program in a trial's place, as a script would be that has left its isolate: it tries every way
// out, grows, talks without end, or does not end. Which of them is its job.

import { begin, readJob, say } from "../../../src/fleet/trials/trial-io.ts";

export interface TrialProgramJob {
  readonly does: "intrude" | "grow" | "talk" | "stay";
  readonly targets: object;
}

const { does, targets } = readJob<TrialProgramJob>();
begin();
if (does === "intrude") {
  process.argv[2] = JSON.stringify(targets);
  await import("../children/intruder.ts");
}
const hoard: Buffer[] = [];
while (does === "grow") hoard.push(Buffer.alloc(1_048_576, hoard.length + 1));
while (does === "talk") say("x".repeat(10_000));
if (does === "stay") setInterval(() => hoard.length, 1_000);
