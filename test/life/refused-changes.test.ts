// What was refused has changed nothing: not what serves, not what is stored, not what could go live
// later. A script of the file is in the history once every worker has started it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { test } from "node:test";
import { Folder, NEWEST } from "../control/store-stand.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";

const answering = (text: string, more = ""): string => `
import { definePhases } from "sluice";
export default definePhases({ requestFilter: () => new Response(${JSON.stringify(text)}) });
${more}`;

const FAILS = 'throw new Error("not today");';

const served = async (proxy: TestProxy): Promise<string> =>
  await (await fetch(proxy.url, { headers: { connection: "close" } })).text();

const historyOf = async (proxy: TestProxy, tenant: string): Promise<string[]> => {
  const page = await call(proxy, ["GET", `/tenants/${tenant}/deployments?limit=100`]);
  return list(page.body.deployments).map(({ version, state }) => `${version} ${state}`);
};

for (const isolation of ["inline", "process"] as const) {
  const two = (folder: Folder): ProxyOptions => ({
    files: { "a.ts": answering("a 1"), "b.ts": answering("b 1") },
    config: {
      store: `sqlite:${folder.file}`,
      tenants: {
        a: { hosts: ["*"], script: "a.ts", isolation },
        b: { hosts: ["b.test"], script: "b.ts", isolation },
      },
    },
    env: WITH_TOKEN,
    folder: folder.path,
  });

  test(`${isolation}: refused reloads store nothing, and nothing of them can go live later`, async () => {
    await using folder = await Folder.make();
    await using proxy = await TestProxy.start(two(folder));
    const bytes = statSync(folder.file).size;
    for (let i = 0; i < 5; i++) {
      const ballast = `export const ballast = "${randomBytes(150_000).toString("hex")}";`;
      await proxy.write("a.ts", answering(`a ${i + 2}`, `globalThis.kept = ballast;${ballast}`));
      await proxy.write("b.ts", answering("b 2", FAILS));
      const refused = await call(proxy, ["POST", "/reload"]);
      assert.equal(refused.status, 422, JSON.stringify(refused.body));
    }
    assert.deepEqual(await historyOf(proxy, "a"), ["1 ready"]);
    assert.deepEqual(await historyOf(proxy, "b"), ["1 ready"]);
    assert.ok(statSync(folder.file).size < bytes + 300_000, "not one of them is in the store");
    for (const tenant of ["a", "b"]) {
      for (const verb of ["rollback", "enable"]) {
        const path = `/tenants/${tenant}/${verb}`;
        const answer = await call(proxy, ["POST", path], { version: 2 });
        assert.equal(answer.status, 404, `${path}: ${JSON.stringify(answer.body)}`);
      }
    }
    assert.equal(await served(proxy), "a 1");
    await proxy.write("b.ts", answering("b 2"));
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.deepEqual(await historyOf(proxy, "a"), ["2 ready", "1 ready"]);
    assert.equal(await served(proxy), "a 6");
  });

  test(`${isolation}: starts and handovers that are refused store nothing either`, async () => {
    await using folder = await Folder.make();
    {
      await using proxy = await TestProxy.start(two(folder));
      await proxy.write("a.ts", answering("a 2"));
      await proxy.write("b.ts", answering("b 2", FAILS));
      assert.equal((await call(proxy, ["POST", "/handover"])).status, 503);
      assert.deepEqual(await historyOf(proxy, "a"), ["1 ready"]);
      assert.equal(await proxy.stop(), 0);
    }
    const files = { "a.ts": answering("a 2"), "b.ts": answering("b 2", FAILS) };
    await assert.rejects(TestProxy.start({ ...two(folder), files }), /not today/);
    const [a, b] = await folder.peek((store) =>
      Promise.all(["a", "b"].map((tenant) => store.deployments(tenant, NEWEST))),
    );
    assert.deepEqual([a?.length, b?.length], [1, 1]);
  });
}
