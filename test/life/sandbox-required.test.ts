// `cells.sandbox: required` on a machine without bubblewrap: nothing starts, and one line says why.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";

const start = (sandbox: string): Promise<TestProxy> =>
  TestProxy.launch({
    config: { ...oneTenant({ origin: ["127.0.0.1:1"] }), cells: { sandbox } },
    // where no bubblewrap is
    env: { PATH: "/nowhere" },
  });

test("a proxy that requires the whole sandbox does not start with less, and says what", async () => {
  await using proxy = await start("required");
  assert.equal(await proxy.exited(), 1);
  await proxy.complains(/^sluice: Cannot run cells: expected the whole sandbox, got less: .+\n$/);
  assert.deepEqual(
    proxy.lines.filter(({ msg }) => msg === "ready"),
    [],
  );
});

test("with less than that a proxy starts, and its log says what is missing", async () => {
  await using proxy = await start("auto");
  await proxy.waitFor(({ msg }) => msg === "ready");
  const line = await proxy.waitFor(({ msg }) => msg === "cells have less than the whole sandbox");
  assert.match(String(line.missing), /bubblewrap|sandbox/);
});
