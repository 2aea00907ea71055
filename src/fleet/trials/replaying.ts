// Replays captured requests on a version of a script, in a process that is thrown away, behind the
// cells' sandbox and with the tenant's limits: no network, no file. What it says has no secret in
// it.

import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import { LIMITS } from "../../base/limits.ts";
import { untried } from "../../control/deploy/deploy-error.ts";
import type { Replayed, ReplayRequest } from "../../control/replay.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import { Redaction } from "../shared/redaction.ts";
import type { RehearsalParts } from "./rehearsal.ts";
import { type ReplayReport, readReport, replayOrderOf } from "./replay-order.ts";
import { type TrialEnd, TrialProcess, wasKilled } from "./trial-process.ts";

/** In the order of the captures. Throws DeployError if no process lives to try it. */
export async function replay(
  request: ReplayRequest,
  parts: RehearsalParts,
): Promise<readonly Replayed[]> {
  const { trial, slots, values } = parts;
  const order = replayOrderOf(request, parts);
  const heapMiB = CELL_LIMITS.trialHeapMiB;
  const program = "cli/harness/replay";
  const { length } = request.captures;
  const run = (): Promise<TrialEnd> =>
    new TrialProcess({ ...trial, heapMiB, program }).run(order, BOUNDS);
  const isUntried = (end: TrialEnd): boolean => wasKilled(end) && reportsOf(end).length < length;
  const end = await slots.run(request.tenant.name, async () => {
    const first = await run();
    return isUntried(first) ? await run() : first;
  });
  if (isUntried(end)) throw untried("replay");
  const redaction = new Redaction(() => values);
  const shown = (text: string): string =>
    redaction.redact(text).slice(0, LIMITS.scriptMessageChars);
  const reports = reportsOf(end);
  return request.captures.map(({ id }, i) => shownOf(id, reports[i] ?? missing(end), shown));
}

const BOUNDS = { lateMs: CAPTURE_LIMITS.replayMs, reportBytes: CAPTURE_LIMITS.reportBytes };

const reportsOf = (end: TrialEnd): ReplayReport[] =>
  end.said.split("\n").flatMap((line) => readReport(line) ?? []);

const missing = ({ sentence, how }: TrialEnd): ReplayReport => ({
  ...{ difference: null, failure: null },
  reason: `its process ended before (${sentence ?? how})`,
});

function shownOf(
  id: string,
  { difference, failure, reason }: ReplayReport,
  shown: (text: string) => string,
): Replayed {
  if (reason !== null) return { id, result: "failed", difference: null, reason: shown(reason) };
  if (difference === null) return { id, result: "same", difference, reason: failure ?? "" };
  const { part, was, is } = difference;
  const told = { part: shown(part), was: shown(was), is: shown(is) };
  return { id, result: "differs", difference: told, reason: failure ?? "" };
}
