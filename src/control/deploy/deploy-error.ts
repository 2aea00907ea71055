// Why a deployment, or a change of traffic, did not happen: the step that refused, and all that it
// said. Whatever served goes on serving.

import type { BundleProblem } from "../bundle-problem.ts";

/** In their order. */
export type DeployStep = "policy" | "bundle" | "start" | "smoke" | "prepare" | "traffic";

/** Whose fault: the input's, what was there before's, or a worker's that was too slow. */
export type DeployFault = "invalid" | "conflict" | "missing" | "refused" | "timeout";

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

/** The places in the script are in the problems. */
export const invalid = (step: DeployStep, problems: readonly BundleProblem[]): DeployError =>
  new DeployError({ step, fault: "invalid" }, problems[0]?.text ?? "it is not valid", problems);
