// Entry point of the process that is thrown away: runs the smoke requests of a deployment through
// the real runtime, one after the other, and says of each what it did not get ("": nothing).

import type { RunResult } from "../../../sdk/test.ts";
import { defaultConfig } from "../../base/config/load.ts";
import type { SmokeFailure } from "../../control/deploy/rehearsal.ts";
import type { SmokeRequest } from "../../control/store/store.ts";
import type { RehearsalOrder } from "../../fleet/rehearsal.ts";
import { ScriptApp } from "./app.ts";

process.once("message", (order: RehearsalOrder) => {
  run(order).then(
    () => process.disconnect?.(),
    (thrown: unknown) => {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      say({ name: order.requests[0]?.name ?? "", text });
      process.disconnect?.();
    },
  );
});

async function run({ tenant, runtime, requests, ...script }: RehearsalOrder): Promise<void> {
  const { code, map, usesUrl } = script;
  const bundle = { tenant: tenant.name, deployment: "rehearsal", code, map, usesUrl };
  const config = { ...defaultConfig(), tenants: [tenant] };
  await using app = await ScriptApp.start({
    config,
    tenant: { ...tenant, isolation: "inline" },
    anyGroup: false,
    script: bundle,
    runtime,
  });
  for (const request of requests) {
    const { name, method, path, headers, body } = request;
    const given = { method, url: path, headers, ...(body === null ? {} : { body }) };
    say({ name, text: shortfall(request.expect, await app.run(given)) });
  }
}

function say(outcome: SmokeFailure): void {
  process.send?.(outcome);
}

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
    return `expected a body with ${JSON.stringify(bodyIncludes)}, got another${why}`;
  }
  if (upstream === undefined || group === upstream) return "";
  return `expected the upstream ${upstream}, got ${group ?? "none"}${why}`;
}
