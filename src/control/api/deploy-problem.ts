// A refused deployment as a problem document: the step that refused it, and every place.

import { DeployError, type DeployFault } from "../deploy/deploy-error.ts";
import { ApiError } from "./problem.ts";

const STATUS: Readonly<Record<DeployFault, number>> = {
  invalid: 422,
  refused: 422,
  missing: 404,
  conflict: 409,
  timeout: 504,
  unavailable: 503,
};

/** Rejects with an ApiError for what a DeployError says. */
export async function orProblem<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof DeployError)) throw thrown;
    const { step, fault, message, problems } = thrown;
    const detail = `Nothing changed: step ${step}: ${message}`;
    const headers = fault === "unavailable" ? { "Retry-After": "5" } : {};
    throw new ApiError(STATUS[fault], detail, { errors: problems, cause: thrown, headers });
  }
}

/** What a change of traffic may be answered with. */
export const TRAFFIC_PROBLEMS = {
  404: "There is no such tenant or version.",
  409: "That version cannot take traffic.",
  422: "A field is wrong, or a worker refuses the script: `errors` has each place.",
  503: "Nothing can be tried or changed at the moment: nothing changed.",
  504: "A worker did not become ready in time: nothing changed.",
};
