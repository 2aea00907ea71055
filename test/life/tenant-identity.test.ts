// A name may belong to one tenant after another, and a tenant may not serve for a while: what one
// has stays its own, and opens nothing of the next one.

import assert from "node:assert/strict";
import { after, it } from "node:test";
import { Folder, KEY } from "../control/store-stand.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const ENV = { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY };

/** Answers with all that a tenant has: its counter, its flag, its secret, and what it has kept. */
const SCRIPT = `
import { counter, definePhases, flag, memoryCache, secret } from "sluice";
const visits = counter("visits");
const key = () => { try { return secret("key"); } catch { return "no secret"; } };
export default definePhases({
  async requestFilter() {
    const visit = visits.incr();
    const kept = await memoryCache.get("kept");
    await memoryCache.set("kept", "of another", { ttlMs: 3_600_000 });
    if (visit === 1 && kept !== undefined) return new Response(kept);
    return new Response(visit + ", " + flag("mood", "no flag") + ", " + key());
  },
});
`;
const PLAIN = "of the origin";

const origin = await httpOrigin((_request, response) => void response.end(PLAIN));
after(() => origin[Symbol.asyncDispose]());

const ask = async (proxy: TestProxy, host: string, headers = ""): Promise<string> => {
  const head = `GET / HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`;
  const { status, body } = await exchange(proxy.port, head);
  return status === 200 ? body : String(status);
};

/** Its flag, its secret, a token of it, the script twice: the second is the one that serves. */
async function furnish(proxy: TestProxy, tenant: string): Promise<string> {
  const of = `/tenants/${tenant}`;
  const files = { "main.ts": SCRIPT };
  const made = [
    await call(proxy, ["PUT", `${of}/flags/mood`], { value: "good mood" }),
    await call(proxy, ["PUT", `${of}/secrets/key`], { value: "hunter2" }),
    await call(proxy, ["POST", `${of}/deployments`], { files }),
    await call(proxy, ["POST", `${of}/deployments`], { files: { "main.ts": `${SCRIPT}//` } }),
  ];
  for (const { status, body } of made) assert.ok(status < 300, JSON.stringify(body));
  const { body } = await call(proxy, ["POST", "/tokens"], { role: "deployer", tenant });
  return String(body.token);
}

/** It has nothing, and the token of the one before opens nothing of it. */
async function expectBare(proxy: TestProxy, tenant: string, token: string): Promise<void> {
  for (const what of ["flags", "secrets", "counters", "deployments"]) {
    const { status, body } = await call(proxy, ["GET", `/tenants/${tenant}/${what}`]);
    assert.equal(status, 200);
    assert.deepEqual(body[what], [], what);
  }
  const cache = await call(proxy, ["GET", `/tenants/${tenant}/memory-cache`]);
  assert.equal(cache.body.entries, 0);
  const { body } = await call(proxy, ["GET", `/tenants/${tenant}`]);
  assert.equal(body.suspended, false);
  const read = await call(proxy, ["GET", `/tenants/${tenant}`], undefined, token);
  assert.equal(read.status, 401);
}

for (const isolation of ["inline", "process"] as const) {
  const guest = (host: string) => ({
    hosts: [host],
    isolation,
    upstreams: { pages: { peers: [origin.address] } },
    defaultUpstream: "pages",
  });
  const filed = (...names: string[]) => ({
    store: "memory",
    tenants: Object.fromEntries(names.map((name) => [name, guest(`${name}.test`)])),
  });
  const start = (config: ProxyOptions["config"], rest: Partial<ProxyOptions> = {}) =>
    TestProxy.start({ config, env: ENV, ...rest });

  it(`${isolation}: a tenant that a start left out has its script and suspension when it is changed`, async () => {
    await using folder = await Folder.make();
    const config = (...hosts: string[]) => ({
      store: `sqlite:${folder.file}`,
      tenants: { filed: { ...guest(""), hosts } },
    });
    {
      await using proxy = await start(config("filed.test"), { folder: folder.path });
      for (const name of ["open", "shut"]) {
        await call(proxy, ["PUT", `/tenants/${name}`], guest(`${name}.test`));
        await furnish(proxy, name);
      }
      assert.equal((await call(proxy, ["POST", "/tenants/shut/suspend"])).status, 200);
      assert.equal(await ask(proxy, "open.test"), "1, good mood, hunter2");
      assert.equal(await proxy.stop(), 0);
    }
    await using proxy = await start(config("open.test", "shut.test"), { folder: folder.path });
    for (const [name, answer] of [
      ["open", "2, good mood, hunter2"],
      ["shut", "503"],
    ] as const) {
      assert.equal(await ask(proxy, `${name}.test`), PLAIN, "it is the file's now");
      const moved = `moved-${name}.test`;
      const put = await call(proxy, ["PUT", `/tenants/${name}`], guest(moved));
      assert.equal(put.status, 200, JSON.stringify(put.body));
      assert.equal(put.body.suspended, name === "shut");
      assert.equal(await ask(proxy, moved), answer);
    }
  });

  it(`${isolation}: what a tenant of the file left behind is its own, not for one that the API makes`, async () => {
    await using proxy = await start(filed("shop", "gone", "other"));
    await furnish(proxy, "gone");
    assert.equal((await call(proxy, ["DELETE", "/tenants/gone"])).status, 409);
    const token = await furnish(proxy, "shop");
    assert.equal(await ask(proxy, "shop.test"), "1, good mood, hunter2");
    await proxy.configure(filed("other"));
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.equal((await call(proxy, ["GET", "/tenants/shop/deployments/1"])).status, 404);
    assert.equal((await call(proxy, ["DELETE", "/tenants/shop/flags/mood"])).status, 404);
    for (const status of [204, 404]) {
      assert.equal((await call(proxy, ["DELETE", "/tenants/gone"])).status, status);
    }
    await proxy.configure(filed("shop", "gone", "other"));
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.equal(await ask(proxy, "shop.test"), "2, good mood, hunter2", "as it was");
    assert.equal(await ask(proxy, "gone.test"), PLAIN, "it was deleted");

    await call(proxy, ["POST", "/tenants/shop/suspend"]);
    await proxy.configure(filed("other"));
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    assert.equal((await call(proxy, ["PUT", "/tenants/shop"], guest("shop.test"))).status, 201);
    assert.equal(await ask(proxy, "shop.test"), PLAIN);
    await expectBare(proxy, "shop", token);
    await call(proxy, ["POST", "/tenants/shop/deployments"], { files: { "main.ts": SCRIPT } });
    assert.equal(await ask(proxy, "shop.test"), "1, no flag, no secret");
  });

  it(`${isolation}: tokens, revisions, passes, counters of a deleted tenant open nothing of the next`, async () => {
    await using proxy = await start(filed("other"));
    const first = await call(proxy, ["PUT", "/tenants/shop"], guest("shop.test"));
    const token = await furnish(proxy, "shop");
    const pass = await call(proxy, ["POST", "/tenants/shop/deployments/1/pass"], {});
    const header = `${pass.body.header}: ${pass.body.value}\r\n`;
    for (let i = 1; i < 4; i++) assert.match(await ask(proxy, "shop.test"), /^\d, good mood/);
    assert.equal((await call(proxy, ["DELETE", "/tenants/shop"])).status, 204);
    const second = await call(proxy, ["PUT", "/tenants/shop"], guest("shop.test"));
    assert.equal(second.status, 201);
    assert.notEqual(second.body.revision, first.body.revision);
    await expectBare(proxy, "shop", token);
    const used = await call(proxy, ["GET", "/tenants/shop/usage"]);
    assert.deepEqual([used.body.requests, used.body.scriptMs], [0, 0], "nor the next one's bill");

    const files = {
      "main.ts": 'import { definePhases } from "sluice"; export default definePhases({});',
    };
    await call(proxy, ["POST", "/tenants/shop/deployments"], { files: { "main.ts": SCRIPT } });
    await call(proxy, ["POST", "/tenants/shop/deployments"], { files });
    await call(proxy, ["PUT", "/tenants/shop/traffic"], {
      versions: [
        { version: 2, percent: 100 },
        { version: 1, percent: 0 },
      ],
    });
    assert.equal(await ask(proxy, "shop.test", header), PLAIN, "the pass is another tenant's");
    await call(proxy, ["POST", "/tenants/shop/rollback"], { version: 1 });
    assert.equal(await ask(proxy, "shop.test"), "1, no flag, no secret");
  });

  it(`${isolation}: an upload that is on its way does not go live by a revoked token, nor on the next tenant`, async () => {
    await using proxy = await start(filed("other"));
    await call(proxy, ["PUT", "/tenants/shop"], guest("shop.test"));
    const { body: made } = await call(proxy, ["POST", "/tokens"], { role: "deployer" });
    const upload = (token?: string) =>
      call(proxy, ["POST", "/tenants/shop/deployments"], SLOW_UPLOAD, token);
    const revoked = upload(String(made.token));
    await underWay(proxy);
    assert.equal((await call(proxy, ["DELETE", `/tokens/${made.id}`])).status, 204);
    assert.equal((await revoked).status, 401, JSON.stringify((await revoked).body));
    assert.equal(await ask(proxy, "shop.test"), PLAIN);

    const late = upload();
    await underWay(proxy);
    await call(proxy, ["DELETE", "/tenants/shop"]);
    await call(proxy, ["PUT", "/tenants/shop"], guest("shop.test"));
    assert.equal((await late).status, 404, JSON.stringify((await late).body));
    assert.equal(await ask(proxy, "shop.test"), PLAIN);
    const history = await call(proxy, ["GET", "/tenants/shop/deployments"]);
    assert.deepEqual(list(history.body.deployments), []);
  });
}

/** Its smoke request takes a while. */
const SLOW_UPLOAD = {
  files: {
    "main.ts": `
      import { definePhases } from "sluice";
      export default definePhases({
        async requestFilter() {
          await new Promise((resolve) => setTimeout(resolve, 4_000));
          return new Response("uploaded");
        },
      });
    `,
  },
  smoke: [{ path: "/", expect: { status: 200 } }],
};

/** What was sent before is being worked on: several round trips later, far less than it takes. */
async function underWay(proxy: TestProxy): Promise<void> {
  for (let i = 0; i < 12; i++) await call(proxy, ["GET", "/tenants/shop"]);
}
