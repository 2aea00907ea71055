// A script's first start, in the cell where it is to serve.

import { nameOfIdentity } from "../../base/identity.ts";
import { startFailure } from "../../sandbox/death.ts";
import type { HookSet } from "../shared/cell-messages.ts";
import { NotReadyError } from "../shared/not-ready.ts";
import { startProblem } from "../shared/start-problem.ts";
import type { Entry } from "./cell-entries.ts";
import type { TriedResult } from "./cell-words.ts";
import type { Place } from "./places.ts";

/** Under the place's mutex. Throws NotReadyError. */
export async function tryScript(place: Place, { key, deployment, map }: Entry): Promise<HookSet> {
  const { cell, deployments } = place;
  const tenant = nameOfIdentity(place.tenant);
  const refusal = (reason: string): NotReadyError =>
    new NotReadyError(startProblem(tenant, reason, null), false);
  if (cell === null) throw refusal("too many other scripts have a process of their own");
  let result: TriedResult;
  try {
    result = await cell.process.load(deployment, false);
  } catch {
    throw refusal("its top level did not end, or ended its process");
  }
  if (result === null) throw refusal("its cell said nothing");
  if ("error" in result) {
    const { stack } = result.error;
    const message = startFailure(result.error.message, deployment);
    throw new NotReadyError(startProblem(tenant, message, { stack, map }), false);
  }
  deployments.set(key, deployment);
  return result;
}
