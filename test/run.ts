// `npm test`: every test file in a process of its own, the linter and the type checker beside them,
// one readable report, and the closing line `N passed, N failed`. A file that does not end by
// itself once its tests are over, or that leaves a process behind, has failed: something was not
// given back.
//
//   npm test                 everything but the soak tests
//   npm test -- pool tidy    only the jobs with one of these words in their names
//   npm run test:soak        the soak tests too

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allJobs } from "./run/jobs.ts";
import { type JobResult, Report } from "./run/report.ts";
import { endAllFiles } from "./run/test-file.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith("--"));
const jobs = allJobs({ soak: args.includes("--soak") }).filter(
  (job) => words.length === 0 || words.some((word) => job.name.includes(word)),
);

if (args.includes("--soak")) {
  // new inputs for the property tests; the failure of one names its seed
  process.env.FUZZ_SEED ??= String(Date.now() % 2 ** 31);
}

// Programs of the tests start hundreds of times: what V8 makes of their sources is made once.
process.env.NODE_COMPILE_CACHE ??= join(ROOT, "node_modules/.cache/compiled");

/** Two, so that one slow file does not hold up all; more would only disturb each other's clocks. */
const lanes = Math.min(2, availableParallelism());

const report = new Report();
// Whatever ends this process, a defect of the runner included: nothing is left running, and the
// closing line is printed.
process.on("exit", () => {
  endAllFiles();
  if (!report.isClosed) report.add("test/run.ts", failure("the run was broken off"));
  report.close();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => process.exit());

const waiting = jobs[Symbol.iterator]();
await Promise.all(
  Array.from({ length: lanes }, async () => {
    for (const job of waiting) report.add(job.name, await job.run());
  }),
);
if (jobs.length === 0) report.add("test/run.ts", failure(`nothing matches ${words.join(", ")}`));
report.close();

function failure(title: string): JobResult {
  return { results: [{ title, ok: false }], ms: 0 };
}
