// What a hook counted that was ended for its time: in a cell, nothing of it has happened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand } from "./cell-stand.ts";

const SCRIPT = `import { counter, definePhases } from "sluice";
const hits = counter("hits");
export default definePhases({
  requestFilter(session) {
    const n = hits.incr();
    if (session.request.target === "/loop") for (;;);
    return new Response("n=" + n);
  },
});`;

test("a hook in a cell that is ended has counted nothing, and no number is missing", async () => {
  await using stand = await CellStand.start({ files: { "one.ts": SCRIPT }, tenants: { one: {} } });
  assert.equal((await stand.ask("one")).body, "n=1");
  assert.equal((await stand.ask("one", "/loop")).status, 500);
  const { at, msg } = await stand.proxy.waitFor(
    ({ code, hook }) => code === "script_timeout" && hook === "requestFilter",
  );
  assert.equal(at, "one.ts:4:3");
  assert.match(msg ?? "", /^requestFilter ran longer than .*, somewhere in the hook at one\.ts/);
  assert.equal((await stand.ask("one")).body, "n=2");
  assert.match(await stand.proxy.metrics(), /sluice_script_value\{[^}]*name="hits"[^}]*\} 2$/m);
});
