// Counters outlive the process: exactly if it stops cleanly, up to the last snapshot if it is
// killed, exactly through a handover.

import assert from "node:assert/strict";
import { it } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { call, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `
  import { counter, definePhases } from "sluice";
  const hits = counter("hits");
  export default definePhases({
    requestFilter(session) {
      const count = session.request.method === "OPTIONS" ? hits.get() : hits.incr();
      return new Response(String(count));
    },
  });
`;

const begin = (folder: Folder): Promise<TestProxy> =>
  TestProxy.start({
    env: WITH_TOKEN,
    files: { "main.ts": SCRIPT },
    config: {
      store: `sqlite:${folder.file}`,
      tenants: { demo: { hosts: ["*"], script: "main.ts" } },
    },
  });

const ask = async (proxy: TestProxy, method = "GET"): Promise<number> => {
  const response = await fetch(proxy.url, { method, headers: { connection: "close" } });
  return Number(await response.text());
};

it("a counter goes on from its exact value after a clean restart", async () => {
  await using folder = await Folder.make();
  for (const count of [1, 2, 3]) {
    await using proxy = await begin(folder);
    assert.equal(await ask(proxy), count);
    assert.equal(await proxy.stop(), 0);
  }
});

it("a counter that was saved survives a kill", async () => {
  await using folder = await Folder.make();
  {
    await using proxy = await begin(folder);
    assert.equal(await ask(proxy), 1);
    await saved(folder, 1n);
    await proxy.stop("SIGKILL");
  }
  await using proxy = await begin(folder);
  assert.equal(await ask(proxy, "OPTIONS"), 1);
});

it("a counter that was set by hand survives a kill in the moment in which it was answered", async () => {
  await using folder = await Folder.make();
  const path = "/tenants/demo/counters";
  {
    await using proxy = await begin(folder);
    assert.equal((await call(proxy, ["PUT", `${path}/gone`], { value: 3 })).status, 200);
    await saved(folder, 3n);
    assert.equal((await call(proxy, ["PUT", `${path}/hits`], { value: 41 })).status, 200);
    assert.equal((await call(proxy, ["DELETE", `${path}/gone`])).status, 204);
    await proxy.stop("SIGKILL");
  }
  await using proxy = await begin(folder);
  assert.equal(await ask(proxy), 42);
  const { body } = await call(proxy, ["GET", path]);
  assert.deepEqual(body.counters, [{ name: "hits", value: 42, scope: "node" }]);
});

it("a successor counts on, and what it counted is there after its end", async () => {
  await using folder = await Folder.make();
  {
    await using proxy = await begin(folder);
    assert.equal(await ask(proxy), 1);
    proxy.signal("SIGUSR2");
    assert.equal(await proxy.exited(), 0);
    assert.equal(await ask(proxy), 2);
    proxy.signal("SIGTERM");
    let ended = 0;
    await proxy.waitFor((line) => line.msg === "stopped" && ++ended === 2);
  }
  await using proxy = await begin(folder);
  assert.equal(await ask(proxy), 3);
});

/** Looks from outside, as nothing in the proxy tells. */
async function saved(folder: Folder, value: bigint): Promise<void> {
  for (;;) {
    const counters = await folder.peek((store) => store.counters());
    if (counters.some((counter) => counter.value === value)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
