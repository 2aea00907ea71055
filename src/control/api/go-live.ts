// What a caller is told when a change did not go live. Nothing has changed then.

import type { ApplyResult } from "../live.ts";
import { ApiError, closed } from "./problem.ts";

/** Throws an ApiError unless every worker serves the change. */
export function expectLive(result: ApplyResult): void {
  if (result.ok) return;
  const errors = result.problems.map((text) => ({ text }));
  if (result.isTimeout) {
    const detail = "A worker did not become ready in time: nothing changed.";
    throw new ApiError(504, detail, { errors });
  }
  if (result.step === "closed") {
    throw closed("Nothing can be changed now: nothing changed.", errors);
  }
  throw new ApiError(422, "A worker refuses the change: nothing changed.", { errors });
}
