// Why a tenant's script does not start, in one line with the place in its source.

import { SourceLines } from "../control/sourcemap.ts";

export interface StartTrace {
  /** As the isolate had it. */
  readonly stack: string;
  /** Source map as JSON. */
  readonly map: string;
}

/** @param trace  null: nobody knows where */
export function startProblem(tenant: string, message: string, trace: StartTrace | null): string {
  const stack = trace === null ? "" : new SourceLines(trace.map).mapStack(trace.stack);
  const place = /\(?([^\s()]+:\d+:\d+)\)?/.exec(stack)?.[1];
  const where = place === undefined ? "" : ` at ${place}`;
  return `Cannot start the script of tenant ${tenant}: ${message}${where}`;
}
