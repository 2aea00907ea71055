// Whoever comes with a tester's pass may know more of the inside than others: where the time of the
// request went so far, and the trace that it is part of.

import { testedVersion } from "../base/tester-pass.ts";
import { traceParentText } from "../base/trace-context.ts";
import type { RequestHead } from "../http1/messages.ts";
import { serverTiming } from "../observe/server-timing.ts";
import type { Exchange } from "../phases/exchange.ts";
import type { Tenant } from "./serve-context.ts";

export function isTester({ name, testerKey = "" }: Tenant, { noted }: RequestHead): boolean {
  const pass = noted?.version;
  if (pass === undefined || testerKey === "") return false;
  return testedVersion(pass, { tenant: name, key: testerKey, nowMs: Date.now() }) > 0;
}

/** Header lines of its answer; empty: nobody measures. */
export function testersLines({ timings, trace }: Exchange): string {
  const timing = timings === null ? "" : serverTiming(timings);
  return (
    (timing === "" ? "" : `Server-Timing: ${timing}\r\n`) +
    (trace === null ? "" : `traceresponse: ${traceParentText(trace)}\r\n`)
  );
}
