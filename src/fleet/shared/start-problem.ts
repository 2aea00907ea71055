// Why a tenant's script does not start, in one line with the place in its source.

import { placeText, SourceLines } from "../../control/sourcemap.ts";

export interface StartTrace {
  /** As the isolate had it. */
  readonly stack: string;
  /** Source map as JSON. */
  readonly map: string;
}

/** @param trace  null: nobody knows where */
export function startProblem(tenant: string, message: string, trace: StartTrace | null): string {
  const place = trace === null ? null : new SourceLines(trace.map).firstPlace(trace.stack, message);
  const where = place === null ? "" : ` at ${placeText(place)}`;
  return `Cannot start the script of tenant ${tenant}: ${message}${where}`;
}
