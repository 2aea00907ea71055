// A stored script that started when it was deployed, and does not when the proxy starts again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const BREAKS = `
import { counter, definePhases } from "sluice";
const broken = counter("broken");
if (broken.get() > 0) throw new Error("not any more");
export default definePhases({ requestFilter: () => new Response(String(broken.incr())) });
`;
const MENDED = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter: () => new Response("mended") });
`;
const FILE = `
import { definePhases } from "sluice";
export default definePhases({ requestFilter: () => new Response("of the file") });
`;

const begin = (folder: Folder): Promise<TestProxy> =>
  TestProxy.start({
    files: { "main.ts": FILE },
    config: {
      store: `sqlite:${folder.file}`,
      tenants: { demo: { hosts: ["demo.example"], script: "main.ts" } },
    },
    env: WITH_TOKEN,
  });

const ask = async (proxy: TestProxy, host: string): Promise<string> => {
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  return (await exchange(proxy.port, head)).body;
};

const deploy = async (proxy: TestProxy, source: string): Promise<number> => {
  const files = { "main.ts": source };
  return (await call(proxy, ["POST", "/tenants/guest/deployments"], { files })).status;
};

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: a stored script that does not start any more keeps nobody from being served`, async () => {
    await using folder = await Folder.make();
    {
      await using proxy = await begin(folder);
      const tenant = { hosts: ["guest.example"], isolation };
      assert.equal((await call(proxy, ["PUT", "/tenants/guest"], tenant)).status, 201);
      assert.equal(await deploy(proxy, BREAKS), 201);
      assert.equal(await ask(proxy, "guest.example"), "1");
      assert.equal(await proxy.stop(), 0);
    }
    await using proxy = await begin(folder);
    assert.equal(await ask(proxy, "demo.example"), "of the file");
    assert.match(await ask(proxy, "guest.example"), /"script_disabled"/);
    await proxy.waitFor(({ tenant, msg = "" }) => tenant === "guest" && /not any more/.test(msg));
    const [shown] = list(
      (await call(proxy, ["GET", "/tenants/guest/deployments"])).body.deployments,
    );
    assert.deepEqual([shown?.state, shown?.percent], ["disabled", 100]);
    assert.match(String(shown?.reason), /^It did not start: .*not any more/s);
    const found = list((await call(proxy, ["GET", "/tenants"])).body.tenants);
    const guest = found.find(({ name }) => String(name) === "guest");
    assert.equal(String(guest?.state), "out-of-service");
    assert.match(String(guest?.reason), /^version 1: It did not start: .*not any more/s);
    // others change meanwhile, and so does the file
    const other = { hosts: ["other.example"], isolation };
    assert.equal((await call(proxy, ["PUT", "/tenants/other"], other)).status, 201);
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.match(await ask(proxy, "guest.example"), /"script_disabled"/);
    // it still does not start; once it does, it may serve again
    const enable = () => call(proxy, ["POST", "/tenants/guest/enable"], {});
    assert.equal((await enable()).status, 422);
    await call(proxy, ["PUT", "/tenants/guest/counters/broken"], { value: 0 });
    assert.deepEqual((await enable()).body, { version: 1 });
    assert.equal(await ask(proxy, "guest.example"), "1");
    assert.equal(await deploy(proxy, MENDED), 201);
    assert.equal(await ask(proxy, "guest.example"), "mended");
  });
}

test("a deployment to a tenant of the file that does not start any more is out of service too", async () => {
  await using folder = await Folder.make();
  {
    await using proxy = await begin(folder);
    const files = { "main.ts": BREAKS };
    assert.equal((await call(proxy, ["POST", "/tenants/demo/deployments"], { files })).status, 201);
    assert.equal(await ask(proxy, "demo.example"), "1");
    assert.equal(await proxy.stop(), 0);
  }
  await using proxy = await begin(folder);
  assert.match(await ask(proxy, "demo.example"), /"script_disabled"/);
  assert.equal((await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 1 })).status, 200);
  assert.equal(await ask(proxy, "demo.example"), "of the file");
});
