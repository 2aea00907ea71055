// Uploads are tried in processes of their own. One that a stranger kills is no fault of the upload:
// it is tried once more, and then it is to come again.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bundleFiles } from "../../../src/control/bundle.ts";
import { buildRuntime, sluiceExports } from "../../../src/control/bundle-runtime.ts";
import { DeployError } from "../../../src/control/deploy/deploy-error.ts";
import { findSandbox } from "../../../src/fleet/children/sandbox.ts";
import { TenantSlots } from "../../../src/fleet/children/tenant-slots.ts";
import { Bundler } from "../../../src/fleet/trials/bundler.ts";
import { ScratchCells } from "../../../src/fleet/trials/scratch.ts";
import { killBelow, killBelowDuring } from "../../support/stranger.ts";

const skip = process.platform === "linux" ? false : "there is no /proc";
const sandbox = await findSandbox("auto", process.env.PATH ?? "");
const cells = new ScratchCells({
  runtime: await buildRuntime(),
  sandbox,
  memoryBytes: 1_610_612_736,
  slots: new TenantSlots(2),
});
const bundler = new Bundler(sandbox);
after(() => {
  cells.close();
  bundler.close();
});

const GOOD = 'import { definePhases } from "sluice";\nexport default definePhases({});\n';
const LIMITS = { memoryMiB: 32, startupMs: 10_000, env: {} };

const bundle = () => bundler.bundle("demo", { files: { "main.ts": GOOD }, entry: "main.ts" });

async function validate() {
  const made = await bundleFiles(
    { "main.ts": GOOD },
    { entry: "main.ts", sluiceExports: await sluiceExports() },
  );
  assert.ok(made.ok);
  return await cells.validate({ ...made, tenant: "demo", entry: "main.ts" }, LIMITS);
}

const TRIALS = [
  ["a start in a scratch process", "start", "scratch-entry", validate],
  ["a bundle", "bundle", "bundler-entry", bundle],
] as const;

for (const [what, step, program, work] of TRIALS) {
  test(`${what} whose process is killed is tried again, and nobody notices`, { skip }, async () => {
    const result = work();
    while (killBelow(program) === 0) await new Promise(setImmediate);
    assert.ok((await result).ok);
  });

  test(`${what} whose processes are all killed is not blamed for it`, { skip }, async () => {
    const result = work();
    const [settled] = await Promise.allSettled([result, killBelowDuring(program, result)]);
    assert.ok(settled.status === "rejected" && settled.reason instanceof DeployError);
    const { step: told, fault, message } = settled.reason;
    assert.deepEqual([told, fault], [step, "unavailable"]);
    assert.match(message, /could not be tried: its process was killed twice/);
    assert.ok((await work()).ok, "the next one is");
  });
}
