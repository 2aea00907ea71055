// Where a rollback goes: to the version that had all of the traffic before, by the history of the
// traffic and not by the numbers of the versions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeBack } from "../../../src/control/deploy/take-back.ts";
import { ApiStand } from "./stand.ts";

/** What somebody does to tenant shop, and the shares that follow. */
type Step = readonly [Readonly<Record<string, unknown>>, string];

const deploy = (percent: number) => ({ deploy: percent });
const BACK = { back: null };
const backTo = (version: number) => ({ back: version });
const share = (...shares: readonly (readonly [number, number])[]) => ({ shares });

const CASES: Readonly<Record<string, readonly Step[]>> = {
  "a canary that was given up is not gone back to": [
    [deploy(100), "1=100"],
    [deploy(10), "2=10 1=90"],
    [BACK, "1=100"],
    [deploy(100), "3=100"],
    [BACK, "1=100"],
  ],
  "a version that only testers had is not gone back to": [
    [deploy(100), "1=100"],
    [deploy(0), "2=0 1=100"],
    [deploy(100), "3=100"],
    [BACK, "1=100"],
  ],
  "a canary without any rollback is not gone back to": [
    [deploy(100), "1=100"],
    [deploy(50), "2=50 1=50"],
    [deploy(100), "3=100"],
    [BACK, "1=100"],
  ],
  "further rollbacks go further back, and past the first there is none": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [deploy(100), "3=100"],
    [BACK, "2=100"],
    [BACK, "1=100"],
    [BACK, "409"],
  ],
  "what was skipped by a rollback to a named version was taken back too": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [deploy(100), "3=100"],
    [backTo(1), "1=100"],
    [deploy(100), "4=100"],
    [BACK, "1=100"],
  ],
  "a version that was taken back and is given all of it again counts again": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [BACK, "1=100"],
    [backTo(2), "2=100"],
    [deploy(100), "3=100"],
    [BACK, "2=100"],
  ],
  "an older version that was set by hand is left for the one before it": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [share([1, 100]), "1=100"],
    [BACK, "2=100"],
  ],
  "the newest of those that share the traffic is the one that is taken back": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [share([1, 50], [2, 50]), "1=50 2=50"],
    [BACK, "1=100"],
  ],
  "what the guardian took back is not gone back to, enabled or not": [
    [deploy(100), "1=100"],
    [deploy(100), "2=100"],
    [{ fails: 2 }, "1=100"],
    [{ enable: 2 }, "1=100"],
    [deploy(100), "3=100"],
    [BACK, "1=100"],
  ],
  "what the guardian takes back itself goes the same way": [
    [deploy(100), "1=100"],
    [deploy(10), "2=10 1=90"],
    [deploy(100), "3=100"],
    [{ fails: 3 }, "1=100"],
  ],
};

for (const [title, steps] of Object.entries(CASES)) {
  test(title, async () => {
    await using stand = await ApiStand.start();
    await stand.make("shop");
    for (const [step, expected] of steps) {
      assert.equal(await done(stand, step), expected, JSON.stringify(step));
    }
  });
}

test("a rollback that has nowhere to go says how to name a version", async () => {
  await using stand = await ApiStand.start();
  await stand.make("shop");
  await done(stand, deploy(100));
  const refused = await stand.call("POST", "/v1/tenants/shop/rollback", { body: {} });
  assert.equal(refused.status, 409);
  assert.match(String(refused.json().detail), /had all of the traffic before.*name one/);
});

let scripts = 0;

/** Resolves to the shares, or to the status that refused. */
async function done(stand: ApiStand, step: Step[0]): Promise<string> {
  const path = "/v1/tenants/shop";
  if ("deploy" in step) {
    const files = { "main.ts": `export default {}; export const n = ${++scripts};` };
    const body = { files, percent: step.deploy };
    await expectOk(stand.call("POST", `${path}/deployments`, { body }));
  }
  if ("fails" in step) {
    const what = { tenant: "shop", version: Number(step.fails), reason: "it fails", failure: null };
    await takeBack(stand, what);
  }
  if ("enable" in step) {
    await expectOk(stand.call("POST", `${path}/enable`, { body: { version: step.enable } }));
  }
  if ("back" in step) {
    const body = step.back === null ? {} : { version: step.back };
    const back = await stand.call("POST", `${path}/rollback`, { body });
    if (back.status !== 200) return String(back.status);
  }
  if (Array.isArray(step.shares)) {
    const versions = step.shares.map(([version, percent]) => ({ version, percent }));
    await expectOk(stand.call("PUT", `${path}/traffic`, { body: { versions } }));
  }
  const { versions = [] } = (await stand.store.traffic("shop")) ?? {};
  return versions.map(({ version, percent }) => `${version}=${percent}`).join(" ");
}

async function expectOk(called: ReturnType<ApiStand["call"]>): Promise<void> {
  const { status, text } = await called;
  assert.ok(status < 300, text);
}
