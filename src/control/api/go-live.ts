// What a caller hears of a change that did not go live. Nothing has changed then.

import type { ApplyResult } from "../live.ts";
import { ApiError } from "./problem.ts";

/** Throws an ApiError unless every worker serves the change. */
export function expectLive(result: ApplyResult): void {
  if (result.ok) return;
  const errors = result.problems.map((text) => ({ text }));
  if (result.isTimeout) {
    const detail = "A worker did not become ready in time: nothing changed.";
    throw new ApiError(504, detail, { errors });
  }
  const step = result.step === "build" ? "cannot be put together" : "is refused by a worker";
  throw new ApiError(422, `The change ${step}: nothing changed.`, { errors });
}
