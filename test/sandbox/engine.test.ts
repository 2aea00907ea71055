// Which versions of isolated-vm run scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runnable } from "../../src/control/attribution/attribute.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { assertEngine } from "../../src/sandbox/engine-version.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";

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

test("a script that uses URL starts in the hardened realm", async () => {
  const code = `new URL("http://a.example/?b=1").searchParams.get("b");
    globalThis.__sluiceScript = { default: __sluice.definePhases({ requestFilter() {} }) };`;
  const isolate = new ScriptIsolate({
    runtime: await buildRuntime(),
    script: runnable(code, ""),
    env: {},
    memoryMiB: 64,
    startupMs: 5_000,
    counters: createCounterBuffers().counts,
    slotOf: () => 0,
  });
  assert.ok("mask" in isolate.loaded, JSON.stringify(isolate.loaded));
  isolate.dispose();
});
