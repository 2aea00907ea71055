// The disk that the store is on is full while the proxy runs: changes fail, requests do not, and
// nothing that was acknowledged is lost.

import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill, smallDisk } from "../support/small-disk.ts";
import { call, deploy, list, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

async function served(proxy: TestProxy): Promise<string | null> {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
}

const disk = smallDisk();
const skip = disk === null ? "a disk of its own needs root, who may mount one" : false;
process.on("exit", () => disk?.[Symbol.dispose]());

test("a full disk fails what is to be written and no request; with space again all is well", {
  skip,
  timeout: 180_000,
}, async () => {
  const folder = disk?.folder ?? "";
  await using origin = await SocketOrigin.start();
  const config = {
    ...oneTenant({ origin: [origin.address] }),
    workers: 2,
    store: `sqlite:${join(folder, "sluice.db")}`,
  };
  {
    await using proxy = await TestProxy.start({ config, env: WITH_TOKEN });
    assert.equal((await deploy(proxy, versioned(1))).status, 201);
    fill(join(folder, "filler"));
    for (const [method, path, body] of [
      ["PUT", "/tenants/demo/flags/checkout", { value: true }],
      ["PUT", "/tenants/demo/traffic", { versions: [{ version: 1, percent: 100 }] }],
      ["POST", "/tokens", { role: "reader", tenant: "demo" }],
      ["POST", "/tenants/demo/suspend", undefined],
    ] as const) {
      const refused = await call(proxy, [method, path], body);
      assert.equal(refused.status, 503, `${method} ${path}: ${JSON.stringify(refused.body)}`);
      assert.match(String(refused.body.detail), /^The store cannot be used now: nothing changed\./);
    }
    assert.equal((await deploy(proxy, versioned(2))).status, 503);
    assert.equal(await served(proxy), "1 1");
    const { body: flags } = await call(proxy, ["GET", "/tenants/demo/flags"]);
    assert.deepEqual(flags.flags, []);

    unlinkSync(join(folder, "filler"));
    const mended = await deploy(proxy, versioned("mended"));
    assert.equal(mended.status, 201, JSON.stringify(mended.body));
    assert.equal(await served(proxy), "mended mended");
    const flag = await call(proxy, ["PUT", "/tenants/demo/flags/checkout"], { value: true });
    assert.equal(flag.status, 200, JSON.stringify(flag.body));
    proxy.signal("SIGKILL");
    await proxy.exited();
  }
  await using proxy = await TestProxy.start({ config, env: WITH_TOKEN });
  assert.equal(await served(proxy), "mended mended");
  const history = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  const ready = list(history.body.deployments).filter(({ state }) => String(state) === "ready");
  assert.equal(ready.length, 2);
  const { body } = await call(proxy, ["GET", "/tenants/demo/flags"]);
  assert.equal(list(body.flags)[0]?.value, true);
});
