// The process that scripts are tried in, with a program in its place that does what a script could
// do that has left its isolate.

import assert from "node:assert/strict";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { entryPath, packageUrl } from "../../../src/base/entry.ts";
import { NICENESS, type Sandbox } from "../../../src/fleet/children/command.ts";
import { cellFiles } from "../../../src/fleet/children/files.ts";
import type { Programs } from "../../../src/fleet/children/programs.ts";
import { TenantSlots } from "../../../src/fleet/children/tenant-slots.ts";
import { TrialProcess } from "../../../src/fleet/trials/trial-process.ts";
import { wholeSandbox } from "../../support/bubblewrap.ts";
import type { TrialProgramJob } from "./trial-program.ts";

const { sandbox, skip } = await wholeSandbox();
const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
const code = join(entryPath("fleet/worker/worker-entry"), "../../..");
/** The test's program as it is, which a cell's is not. */
const programs: Programs = { root: fileURLToPath(packageUrl), code, extension: ".ts" };
const seeing: Sandbox = {
  ...sandbox,
  programs,
  files: [...cellFiles(programs), { source: FOLDER, target: FOLDER }],
};

/** Time that nothing needs which ends by itself. */
const LATE_MS = 60_000;

function run(does: TrialProgramJob["does"], lateMs = LATE_MS) {
  const place = { secret: "/etc/hostname", folder: "/var/tmp", code, socket: "/run/socket" };
  const job: TrialProgramJob = { does, targets: { ...place, port: 1, pid: process.pid } };
  const program = new TrialProcess({
    sandbox: seeing,
    program: "../test/fleet/trials/trial-program",
    heapMiB: 64,
    memoryBytes: 300_000_000,
  });
  return program.run(job, { lateMs, reportBytes: 65_536 });
}

test("whoever leaves an isolate in a trial finds no way out of the process", { skip }, async () => {
  const { said, sentence } = await run("intrude");
  assert.equal(sentence, null);
  const outcomes: Record<string, unknown> = JSON.parse(said);
  const attempts = Object.entries(outcomes).filter(([what]) => what.includes(" "));
  assert.ok(attempts.length >= 20);
  for (const [what, outcome] of attempts) {
    assert.ok(outcome !== null && typeof outcome === "object");
    assert.ok("refused" in outcome, `${what}: ${JSON.stringify(outcome)}`);
  }
  assert.deepEqual(outcomes.environment, [["PWD", "/"]]);
});

test("a trial that grows beyond its memory is ended, and so is one that never is", async () => {
  const { sentence, how } = await run("grow");
  // Node may find its memory at an end before it is looked at
  assert.ok(sentence === "memory" || how === "SIGABRT", `${sentence} ${how}`);
  assert.equal((await run("stay", 100)).sentence, "late");
});

test("of a trial that talks without end no more is kept than it may say", async () => {
  const { said, sentence } = await run("talk");
  assert.equal(sentence, "said too much");
  assert.ok(said.length <= 65_536);
});

test("a tenant with many trials waits for itself, and another does not wait for them", async () => {
  const slots = new TenantSlots(2);
  const order: string[] = [];
  const gates = new Map<string, () => void>();
  const trial = (tenant: string, name: string): Promise<void> =>
    slots.run(tenant, async () => {
      order.push(name);
      await new Promise<void>((resolve) => gates.set(name, resolve));
    });
  const all = [trial("one", "a"), trial("one", "b"), trial("one", "c"), trial("two", "d")];
  await new Promise(setImmediate);
  assert.deepEqual(order, ["a", "d"]);
  for (const name of ["a", "b", "c", "d"]) {
    while (!gates.has(name)) await new Promise(setImmediate);
    gates.get(name)?.();
  }
  await Promise.all(all);
  assert.deepEqual(order, ["a", "d", "b", "c"]);
});

// the last one: nobody but root can take back what it does
test("a trial runs also where the proxy is nicer than a trial has to be", async () => {
  setPriority(NICENESS + 1);
  assert.equal((await run("talk")).sentence, "said too much");
});
