// A successor is killed after it has stored what it is to serve, and before it serves.

import assert from "node:assert/strict";
import { it } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { call, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const PRELOAD = new URL("./dying-successor.mjs", import.meta.url).href;

it("what the store says serves, in the process that serves on, and after its end", async () => {
  await using folder = await Folder.make();
  await using origin = await httpOrigin((_request, response) => void response.end("origin"));
  const options = (version: number) => ({
    files: { "main.ts": versioned(version) },
    config: {
      ...oneTenant({ origin: [origin.address] }, { script: "main.ts" }),
      store: `sqlite:${folder.file}`,
    },
    env: WITH_TOKEN,
    nodeArgs: ["--import", PRELOAD],
  });
  {
    await using proxy = await TestProxy.start(options(1));
    assert.equal(await served(proxy), "1 1");
    await proxy.write("main.ts", versioned(2));
    proxy.signal("SIGUSR2");
    await proxy.waitFor(({ msg }) => msg === "handover failed: this process serves on");
    await proxy.waitFor(({ msg }) => msg === "reloaded");
    const { body } = await call(proxy, ["GET", "/tenants/demo/traffic"]);
    assert.deepEqual(body.versions, [{ version: 2, percent: 100 }]);
    assert.equal(await served(proxy), "2 2");
  }
  await using proxy = await TestProxy.start(options(2));
  assert.equal(await served(proxy), "2 2");
});

async function served(proxy: TestProxy): Promise<string | null> {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
}
