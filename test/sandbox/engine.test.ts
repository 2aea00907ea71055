// Which versions of isolated-vm run scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertEngine } from "../../src/sandbox/engine.ts";

test("a version of isolated-vm with a known way out is refused", () => {
  for (const version of ["7.0.0", "6.1.0", "4.9.9", "7.0.0-beta.1", "", "undefined"]) {
    assert.throws(
      () => assertEngine(version),
      /^Error: Cannot run scripts: expected isolated-vm 7/,
    );
  }
});

test("7.0.1 and later versions run", () => {
  for (const version of ["7.0.1", "7.0.2", "7.1.0", "8.0.0", "10.0.0"]) assertEngine(version);
});
