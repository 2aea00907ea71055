// Lets a new version answer the smoke requests of its deployment, in a process that is thrown
// away, behind the cells' sandbox and with the tenant's limits. The script has the tenant's flags
// and secrets, as a real request would find them, and no network. What the process says of a
// failure has no secret in it.

import { LIMITS } from "../../base/limits.ts";
import { untried } from "../../control/deploy/deploy-error.ts";
import type { Rehearsal, SmokeFailure } from "../../control/deploy/rehearsal.ts";
import { CELL_LIMITS } from "../children/limits.ts";
import type { TenantSlots } from "../children/tenant-slots.ts";
import { Redaction } from "../shared/redaction.ts";
import { type OrderParts, orderOf } from "./rehearsal-order.ts";
import { type TrialEnd, type TrialOptions, TrialProcess, wasKilled } from "./trial-process.ts";

export interface RehearsalParts extends OrderParts {
  readonly trial: Pick<TrialOptions, "sandbox" | "memoryBytes">;
  readonly slots: TenantSlots;
}

export async function rehearse(
  rehearsal: Rehearsal,
  parts: RehearsalParts,
): Promise<readonly SmokeFailure[]> {
  const { trial, slots, values } = parts;
  const order = orderOf(rehearsal, parts);
  const heapMiB = CELL_LIMITS.trialHeapMiB;
  const { length } = rehearsal.requests;
  const run = (): Promise<TrialEnd> =>
    new TrialProcess({ ...trial, heapMiB, program: "cli/harness/rehearse" }).run(order, BOUNDS);
  const isUntried = (end: TrialEnd): boolean => wasKilled(end) && outcomesOf(end).length < length;
  const end = await slots.run(rehearsal.tenant.name, async () => {
    const first = await run();
    return isUntried(first) ? await run() : first;
  });
  if (isUntried(end)) throw untried("smoke");
  const redaction = new Redaction(() => values);
  return failuresOf(end, length).map(({ index, text }) => ({
    index,
    text: redaction.redact(text).slice(0, LIMITS.scriptMessageChars),
  }));
}

const BOUNDS = { lateMs: LIMITS.rehearsalMs, reportBytes: CELL_LIMITS.rehearsalReportBytes };

/** Whoever runs a stranger's script may have been taken over: what it says is looked at. */
const outcomesOf = (end: TrialEnd): string[] =>
  end.said.split("\n").flatMap((line) => readOutcome(line) ?? []);

function failuresOf(end: TrialEnd, requests: number): SmokeFailure[] {
  const outcomes = outcomesOf(end).slice(0, requests);
  // it ended before this one was answered
  if (outcomes.length < requests) outcomes.push(whyEnded(end));
  return outcomes.flatMap((text, index) => (text === "" ? [] : [{ index, text }]));
}

/** What a request did not get, empty if it got everything; null: the line says nothing. */
function readOutcome(line: string): string | null {
  try {
    const text: unknown = JSON.parse(line);
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

function whyEnded({ sentence, how }: TrialEnd): string {
  switch (sentence) {
    case "late":
      return `expected an answer within ${LIMITS.rehearsalMs} ms, got none`;
    case "memory":
      return "expected an answer, got a process with more memory than a cell may have";
    case "said too much":
      return "expected an answer, got a process that says more than any of ours";
    case null:
      return `expected an answer, but the script ended its process (${how})`;
  }
}
