// Why a deployment, or a change of traffic, did not happen: the step that refused it, with all its
// reasons. What served before goes on serving.

import type { BundleProblem } from "../bundle-problem.ts";
import type { ApplyResult } from "../live.ts";

/** In their order. */
export type DeployStep = "policy" | "bundle" | "start" | "smoke" | "replay" | "prepare" | "traffic";

/**
 * Whose fault: the input's, what was there before's, a worker's that was too slow, or nobody's who
 * deploys: the same may go well a moment later.
 */
export type DeployFault =
  | "invalid"
  | "conflict"
  | "missing"
  | "refused"
  | "timeout"
  | "unavailable";

export class DeployError extends Error {
  readonly step: DeployStep;
  readonly fault: DeployFault;
  readonly problems: readonly BundleProblem[];

  constructor(
    at: { readonly step: DeployStep; readonly fault: DeployFault },
    message: string,
    problems: readonly BundleProblem[] = [],
  ) {
    super(message);
    this.name = "DeployError";
    this.step = at.step;
    this.fault = at.fault;
    this.problems = problems;
  }
}

/** A process in which uploads are tried was killed, and the one after it; or there was none. */
export const untried = (step: DeployStep): DeployError =>
  new DeployError(
    { step, fault: "unavailable" },
    "The upload could not be tried: its process was killed twice, by somebody else or for want " +
      "of memory, or did not start. Try again.",
  );

/** The places in the script are in the problems. */
export const invalid = (step: DeployStep, problems: readonly BundleProblem[]): DeployError =>
  new DeployError({ step, fault: "invalid" }, problems[0]?.text ?? "it is not valid", problems);

/** Throws unless every worker serves the change. */
export function expectApplied(result: ApplyResult): void {
  if (result.ok) return;
  const message = result.problems.join("\n");
  if (result.step === "closed") {
    throw new DeployError({ step: "traffic", fault: "unavailable" }, message);
  }
  const fault = result.isTimeout ? "timeout" : "refused";
  throw new DeployError({ step: "prepare", fault }, message);
}
