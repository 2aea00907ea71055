// A process that cannot be started for want of descriptors is a failure of whoever wanted it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { startChild } from "../../src/base/child.ts";
import { takeDescriptors } from "../support/no-descriptors.ts";

test("without a free descriptor nothing starts, and nobody crashes for it later", async () => {
  {
    using _all = takeDescriptors();
    assert.throws(() => startChild("true", [], { stdio: "pipe" }), /no descriptor is left/);
    await new Promise(setImmediate);
  }
  const [status] = await once(startChild("true", [], { stdio: "pipe" }), "exit");
  assert.equal(status, 0);
});

test("a program that is not there is the error of its process", async () => {
  const [error] = await once(startChild("/not/there", [], { stdio: "pipe" }), "error");
  assert.equal(error.code, "ENOENT");
});
