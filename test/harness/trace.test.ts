// `session.trace` in the tests of a script.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load } from "sluice/test";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ trace: null }),
  requestFilter({ trace }, ctx) { ctx.trace = trace; },
});
`;

const folder = mkdtempSync(join(tmpdir(), "sluice-harness-"));
after(() => rmSync(folder, { recursive: true }));

test("a request with a traceparent is part of its trace, as its script and its upstream see it", async () => {
  const file = join(folder, "script.ts");
  writeFileSync(file, SCRIPT);
  await using app = await load(file);
  const [traceId, parentId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  const headers = { traceparent: `00-${traceId}-${parentId}-01`, tracestate: "a=1" };
  const traced = await app.run({ headers });
  const { spanId, traceparent, ...trace } = Object(traced.ctx.trace);
  assert.deepEqual(trace, { traceId, parentId, sampled: true, state: "a=1" });
  assert.equal(traceparent, `00-${traceId}-${spanId}-01`);
  const sent = traced.upstreamRequest?.headers.get("traceparent") ?? "";
  assert.equal(sent.slice(0, 36), `00-${traceId}-`);
  assert.ok(!sent.includes(parentId) && !sent.includes(spanId), sent);
  const other = await app.run({ headers: { traceparent: "00-nonsense" } });
  assert.equal(other.ctx.trace, null);
});
