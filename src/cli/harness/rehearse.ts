// The program of a rehearsal: runs the smoke requests of a deployment through the real runtime, one
// after the other, and says of each, in a line of JSON, what it did not get ("": nothing). The
// process is thrown away; fleet/trials/rehearsal.ts watches its time and memory from outside.

import type { RunResult } from "../../../sdk/test.ts";
import type { SmokeRequest } from "../../control/store/smoke-request.ts";
import type { RehearsalOrder } from "../../fleet/trials/rehearsal-order.ts";
import { begin, endTrial, readJob, say } from "../../fleet/trials/trial-io.ts";
import { ScriptApp } from "./app.ts";
import { GivenValues } from "./given-values.ts";

async function run({ tenant, runtime, requests, config, values, ...script }: RehearsalOrder) {
  const { code, map } = script;
  const app = await ScriptApp.start({
    config,
    owner: {
      config: { ...tenant, isolation: "inline" },
      script: { tenant: tenant.name, deployment: "rehearsal", code, map },
    },
    around: null,
    anyGroup: false,
    runtime,
    values: new GivenValues(JSON.parse(values)),
  });
  for (const request of requests) {
    const { method, path, headers, body } = request;
    const given = { method, url: path, headers, ...(body === null ? {} : { body }) };
    tell(shortfall(request.expect, await app.run(given)));
  }
}

const tell = (text: string): void => say(`${JSON.stringify(text)}\n`);

const BODY_CHARS_SHOWN = 200;

/** The first thing that is not as expected; empty: everything is. */
function shortfall(
  expected: SmokeRequest["expect"],
  { response, group, error }: RunResult,
): string {
  const why = error === null ? "" : ` (${error.code}: ${error.message})`;
  if (response === null) return `expected an answer, got none${why}`;
  const { status, headers = {}, bodyIncludes, upstream } = expected;
  if (status !== undefined && response.status !== status) {
    return `expected status ${status}, got ${response.status}${why}`;
  }
  if (status === undefined && error !== null) return `expected no error, got one${why}`;
  for (const [name, value] of Object.entries(headers)) {
    const got = response.headers.get(name);
    if (got !== value) return `expected ${name}: ${value}, got ${got ?? "no such header"}`;
  }
  if (bodyIncludes !== undefined && !response.body.includes(bodyIncludes)) {
    const got = JSON.stringify(response.body.slice(0, BODY_CHARS_SHOWN));
    return `expected a body with ${JSON.stringify(bodyIncludes)}, got ${got}${why}`;
  }
  if (upstream === undefined || group === upstream) return "";
  return `expected the upstream ${upstream}, got ${group ?? "none"}${why}`;
}

const order = readJob<RehearsalOrder>();
begin();
try {
  await run(order);
} catch (thrown) {
  tell(thrown instanceof Error ? thrown.message : String(thrown));
}
endTrial();
