// PostgreSQL fails over under two proxies: no request fails, and no change that was acknowledged is
// lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPostgres } from "../support/postgres.ts";
import { until } from "./cluster-stand.ts";
import { call } from "./control.ts";
import { FailoverStand, more } from "./failover-stand.ts";

const skip = await missingPostgres();

/** Of a change; those that only read have one too. */
const COMMIT = { after: "UPDATE meta SET position", text: "COMMIT" };

test("PostgreSQL fails under two proxies, which serve on and lose no change", {
  skip,
}, async (t) => {
  await using stand = await FailoverStand.start(2);
  const [[one], [relay]] = [stand.proxies, stand.relays];
  assert.ok(one !== undefined && relay !== undefined);
  const put = async (flag: string): Promise<number> =>
    (await call(one, ["PUT", `/tenants/demo/flags/${flag}`], { value: 1 })).status;

  await t.test("a change whose commit is not answered is looked up", async () => {
    relay.lose({ ...COMMIT, lost: "answer" });
    assert.equal(await put("stored"), 200);
    relay.lose({ ...COMMIT, lost: "message" });
    assert.equal(await put("lost"), 503);
    const names = async () =>
      JSON.stringify((await call(one, ["GET", "/tenants/demo/flags"])).body);
    await until(async () => /stored/.test(await names()));
    assert.doesNotMatch(await names(), /lost/);
    await until(async () => (await put("again")) === 200);
  });

  await t.test("the primary is killed, and the standby takes its place", async () => {
    const history = await stand.during("killed", async (changes) => {
      await stand.failOver();
      await more(changes, 4);
    });
    assert.ok(history.count("refused") > 0, "some were refused meanwhile");
  });
});
