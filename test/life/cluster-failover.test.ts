// PostgreSQL fails over under two proxies: no request fails, and no change that was acknowledged is
// lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { contradictions, type Read, type Write } from "../support/cluster-history.ts";
import { missingPostgres } from "../support/postgres.ts";
import { answered, until } from "./cluster-stand.ts";
import { call } from "./control.ts";
import { FailoverStand, more } from "./failover-stand.ts";

const skip = await missingPostgres();

/** Of a change; those that only read have one too. */
const COMMIT = { after: "UPDATE meta SET position", text: "COMMIT" };

test("PostgreSQL fails under two proxies, which serve on and lose no change", {
  skip,
}, async (t) => {
  await using stand = await FailoverStand.start({ proxies: 2 });
  const [one, [relay]] = [stand.proxyAt(0), stand.relays];
  assert.ok(relay !== undefined);
  const ask = (flag: string) => call(one, ["PUT", `/tenants/demo/flags/${flag}`], { value: 1 });
  const put = async (flag: string): Promise<number> => (await ask(flag)).status;

  await t.test("a change whose commit is not answered is looked up", async () => {
    relay.lose({ ...COMMIT, lost: "answer" });
    assert.equal((await answered(() => ask("stored"))).status, 200);
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

test("a history in which something is not as it was said contradicts itself", () => {
  const at = (beganMs: number, revision: number) => ({
    ...{ node: "n", beganMs, endedMs: beganMs + 1, revision },
  });
  const write = (beganMs: number, value: string, revision: number): Write => ({
    ...{ ...at(beganMs, revision), register: "r", value, outcome: "acknowledged" },
  });
  const read = (beganMs: number, value: string, revision: number): Read => ({
    ...{ ...at(beganMs, revision), values: new Map([["r", value]]), isStale: false },
  });
  const stored = ["a", "b"].map((value, i) => ({ register: "r", value, revision: i + 1 }));
  const [first, second] = [write(0, "a", 1), write(10, "b", 2)];
  const told = { writes: [first, second], reads: [read(5, "a", 1), read(20, "b", 2)] };
  assert.deepEqual(contradictions(told, stored), []);
  const wrong = (more: { readonly writes?: Write[]; readonly reads?: Read[] }, is = stored) =>
    contradictions({ ...told, ...more }, is).join("; ");
  assert.equal(wrong({}, stored.slice(0, 1)).split("; ")[0], "b was acknowledged, and is gone");
  const refused: Write = { ...second, outcome: "refused" };
  assert.match(wrong({ writes: [first, refused] }), /^b was refused, and is there/);
  assert.match(wrong({ reads: [read(20, "a", 2)] }), /^n shows a \(1\) in r after 2$/);
  assert.match(wrong({ reads: [read(20, "b", 1)] }), /^n served 2, then 1$/);
  const swapped = stored.toReversed().map((one, i) => ({ ...one, revision: i + 1 }));
  assert.match(wrong({}, swapped), /^b comes before what was before it/);
  const elsewhere = { ...read(30, "a", 1), node: "other" };
  assert.equal(wrong({ reads: [elsewhere] }), "", "another one may be behind");
  const cutOff: Read = { ...read(20, "a", 2), isStale: true };
  assert.equal(wrong({ reads: [cutOff] }), "", "it says that it may be behind");
  const later: Read = { ...elsewhere, beganMs: 40, values: new Map() };
  assert.match(wrong({ reads: [elsewhere, later] }), /^other shows nothing \(0\) in r after 1/);
});
