// A proxy that its operator has given a low priority: it takes deployments nonetheless, though no
// process may raise its own again.

import assert from "node:assert/strict";
import { setPriority } from "node:os";
import { test } from "node:test";
import { NICENESS } from "../../src/fleet/children/command.ts";
import { deploy, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

test("scripts are tried and serve beneath a proxy of low priority", async () => {
  await using proxy = await TestProxy.start({
    config: oneTenant({ none: ["127.0.0.1:9"] }, { isolation: "process" }),
    env: WITH_TOKEN,
  });
  // one more than a trial asks for: the less there is left, the longer a busy machine takes
  setPriority(proxy.process.pid ?? 0, NICENESS + 1);
  // what was started and waits has the priority of before
  for (let version = 1; version <= 3; version++) {
    const { status, body } = await deploy(proxy, versioned(version));
    assert.equal(status, 201, JSON.stringify(body));
  }
});
