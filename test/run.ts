// `npm test`: every test file in a process of its own, the linter and the type checker beside them,
// one readable report, and the closing line `N passed, N failed`. A file that ends before its tests
// do, that does not end by itself once they are over, or that leaves a process behind, has failed.
//
//   npm test                 everything but the soak tests
//   npm test -- pool tidy    only the jobs with one of these words in their names
//   npm run test:soak        the soak tests too

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { allJobs } from "./run/jobs.ts";
import { inOrder, runAll } from "./run/order.ts";
import { endAllGroups } from "./run/process-group.ts";
import { type JobResult, Report } from "./run/report.ts";
import { builtProgram } from "./support/built-program.ts";

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

const report = new Report();
// Whatever ends this process, a defect of the runner included: nothing is left running, and the
// closing line is printed.
process.on("exit", () => {
  endAllGroups();
  if (!report.isClosed) report.add("test/run.ts", failure("the run was broken off"));
  report.close();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => process.exit());

try {
  // once, and not by each file that starts a proxy
  const { folder } = await builtProgram();
  if (folder !== null) process.env.BUILT_PROGRAM = folder;
} catch (thrown) {
  report.add("test/support/built-program.ts", failure("the program cannot be built", thrown));
}
await runAll(inOrder(jobs), async (job) => {
  const result = await job.run().catch((thrown) => failure("the job broke down", thrown));
  report.add(job.name, result);
});
if (jobs.length === 0) report.add("test/run.ts", failure(`nothing matches ${words.join(", ")}`));
report.close();

function failure(title: string, thrown?: unknown): JobResult {
  const detail = thrown === undefined ? "" : inspect(thrown);
  return { results: [{ title, ok: false, detail }], ms: 0 };
}
