// Whether a tenant whose processes died runs something else than it did, so that it is worth a
// trial. What a version is called is nothing else, nor are its shares: neither the same bundle once
// more nor another percentage changes what the processes died of.
//
//     7: 100 %             ──▶  8: 100 %            if 8 is another bundle
//     7: 90 %, 8: 10 %     ──▶  7: 100 %            8 is gone
//     7: 100 %, 8: 0 %     ──▶  7: 0 %, 8: 100 %    8 gets clients
//     7: 100 %             ──▶  7: 100 %, 8: 0 %    no: 7 goes on, and 8 is for testers

import type { Generation } from "../shared/messages.ts";
import { wantedOf } from "./cell-entries.ts";

/** What serves. */
type Serving = Pick<Generation, "tenants">;

export function runsOther(tenant: string, before: Serving | null, now: Serving): boolean {
  const old = programsOf(tenant, before);
  const fresh = programsOf(tenant, now);
  const isNews = ([program, serves]: [string, boolean]): boolean =>
    serves && old.get(program) !== true;
  const isLess = ([program, serves]: [string, boolean]): boolean =>
    !fresh.has(program) || (serves && fresh.get(program) !== true);
  return fresh.size > 0 && ([...fresh].some(isNews) || [...old].some(isLess));
}

/** All that runs in cells for the tenant, as texts, and whether it has clients. */
function programsOf(tenant: string, generation: Serving | null): Map<string, boolean> {
  const programs = new Map<string, boolean>();
  if (generation === null) return programs;
  for (const { spec, script } of wantedOf(generation)) {
    if (spec.id !== tenant) continue;
    const { env, limits } = spec.config;
    const program = JSON.stringify([env, limits, script.bundle.code]);
    programs.set(program, script.percent > 0 || programs.get(program) === true);
  }
  return programs;
}
