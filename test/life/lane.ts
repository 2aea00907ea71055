// In which lane the scripts of a test run that names none: inline, unless the whole file is run for
// the other one, as test/run/jobs.ts does. So both lanes have the same tests.

/** What is added to the settings of a tenant with a script. */
export function laneOf({
  script,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { LIFE_ISOLATION: isolation } = process.env;
  if (script === undefined || isolation === undefined) return {};
  // in cells scripts need leave for the tests' own peers
  return isolation === "process" ? { isolation, egress: ["127.0.0.1"] } : { isolation };
}
