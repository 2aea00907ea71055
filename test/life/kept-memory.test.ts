// A script in a cell that keeps buffers from request to request: at its limit it begins anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
const kept = [];
export default definePhases({
  requestFilter() {
    kept.push(new Uint8Array(2 ** 20));
    return new Response(String(kept.length));
  },
});`;

test("buffers that are kept cost a request now and then, and the log names the limit", async () => {
  const limits = { memoryMiB: 16, hookMs: 1_000 };
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      tenants: { demo: { hosts: ["*"], script: "main.ts", isolation: "process", limits } },
    },
  });
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++) {
    const response = await fetch(proxy.url, { headers: { connection: "close" } });
    await response.text();
    statuses.push(response.status);
  }
  const failed = statuses.filter((status) => status !== 200).length;
  assert.ok(failed >= 2 && failed <= 10, `${failed} of 60 failed`);
  const line = await proxy.waitFor(({ msg }) => msg?.startsWith("isolate replaced: ") === true);
  assert.equal(
    line.msg,
    "isolate replaced: requestFilter needed more than 16 MiB (limits.memoryMiB)",
  );
});
