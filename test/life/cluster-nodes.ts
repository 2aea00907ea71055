// Proxies that know of each other: those listed, drained, late with a change or refusing it.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { answered, ok, type Proxies, served, until } from "./cluster-stand.ts";
import { call, deploy, type Json, list, versioned } from "./control.ts";
import type { TestProxy } from "./proxy.ts";

const nodesOf = async (proxy: TestProxy) => list((await call(proxy, ["GET", "/nodes"])).body.nodes);

/** Null: not to be had by this name. */
const gauge = async (proxy: TestProxy, name: string): Promise<number | null> => {
  const found = (await proxy.metrics()).split("\n").find((line) => line.startsWith(`${name} `));
  return found === undefined ? null : Number(found.slice(name.length + 1));
};

export async function know(t: TestContext, proxies: Proxies): Promise<void> {
  const [one, two] = proxies;
  await t.test("each lists all, and a deployment is answered when all serve it", async () => {
    const { status, body } = await answered(() => deploy(one, versioned("everywhere")));
    assert.equal(status, 201);
    assert.equal(await served(two), "everywhere everywhere");
    assert.deepEqual(
      list(body.nodes).map(({ state, reason }) => ({ state, reason })),
      [ALIVE, ALIVE],
    );
    const [first, second] = [await nodesOf(one), await nodesOf(two)];
    assert.deepEqual(new Set(ids(first)), new Set(ids(second)));
    assert.notDeepEqual(first.find(isSelf)?.id, second.find(isSelf)?.id);
    assert.deepEqual(
      first.map(({ lag }) => lag),
      [0, 0],
    );
  });

  await t.test("one is drained through the other: it is not ready, and serves", async () => {
    const { id } = (await nodesOf(two)).find(isSelf) ?? {};
    const ready = async () => (await call(two, ["GET", "/ready"])).status;
    ok(await answered(() => call(one, ["POST", `/nodes/${String(id)}/drain`])));
    await until(async () => (await ready()) === 503);
    assert.equal(await served(two), "everywhere everywhere");
    assert.equal((await nodesOf(one)).find((node) => node.id === id)?.drained, true);
    ok(await answered(() => call(two, ["POST", `/nodes/${String(id)}/resume`])));
    assert.equal(await ready(), 200);
    const unknown = `/nodes/${String(id).replaceAll(/[0-9]/g, "0")}/drain`;
    const nobody = await answered(() => call(one, ["POST", unknown]));
    assert.equal(nobody.status, 404);
  });

  await t.test("one that refuses a change is named with the reason, and serves on", async () => {
    assert.equal(await gauge(two, "sluice_store_lag_seconds"), 0);
    const { status, body } = await answered(() => deploy(one, NOT_ON_TWO));
    assert.equal(status, 202, JSON.stringify(body));
    const [refusing, ...others] = list(body.nodes).filter(
      ({ state }) => String(state) !== "serving",
    );
    assert.deepEqual(others, []);
    assert.match(String(refusing?.reason), /not on two/);
    assert.equal(await served(two), "everywhere everywhere");
    const asked = await answered(() => deploy(two, NOT_ON_TWO));
    assert.equal(asked.status, 422, "what the proxy that is asked cannot take is stored nowhere");
    const history = list((await call(two, ["GET", "/tenants/demo/deployments"])).body.deployments);
    assert.equal(Number(history[0]?.version), Number(body.version));
    await until(async () => (await gauge(two, 'sluice_nodes{state="refused"}')) === 1);
    const faults = list((await call(two, ["GET", "/status"])).body.faults);
    assert.ok(faults.some(({ text }) => /refuses a change: .*not on two/.test(String(text))));
    assert.notEqual(await gauge(two, "sluice_store_lag_seconds"), 0);
    assert.equal((await answered(() => deploy(one, versioned("mended")))).status, 201);
    assert.equal(await served(two), "mended mended");
    assert.deepEqual(
      (await nodesOf(one)).map(({ reason }) => String(reason)),
      ["", ""],
    );
  });
}

const NOT_ON_TWO = `
import { definePhases, env } from "sluice";
if (env.NODE === "two") throw new Error("not on two");
export default definePhases({});
`;

const ALIVE = { state: "serving", reason: "" };
const ids = (nodes: readonly Json[]) => nodes.map(({ id }) => String(id));
const isSelf = ({ self }: Json): boolean => Boolean(self);
