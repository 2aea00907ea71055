// What a hook counted that was ended for its time: in a cell, nothing of it has happened. And where
// it stood.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CellStand } from "./cell-stand.ts";

const SCRIPT = `import { counter, definePhases } from "sluice";
const hits = counter("hits");
export default definePhases({
  requestFilter(session) {
    const n = hits.incr();
    if (session.request.target === "/loop") {
      for (;;);
    }
    return new Response("n=" + n);
  },
});`;

test("a hook in a cell that is ended has counted nothing, and no number is missing", async () => {
  await using stand = await CellStand.start({ files: { "one.ts": SCRIPT }, tenants: { one: {} } });
  assert.equal((await stand.ask("one")).body, "n=1");
  assert.equal((await stand.ask("one", "/loop")).status, 500);
  assert.equal((await stand.ask("one")).body, "n=2");
  assert.match(await stand.proxy.metrics(), /sluice_script_value\{[^}]*name="hits"[^}]*\} 2$/m);
});

for (const isolation of ["inline", "process"]) {
  test(`${isolation}: the log has the line of a loop, or of its hook`, async () => {
    // a busy machine may end it without telling where it stood: each of these has one chance
    const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const settings = { isolation, script: "one.ts" };
    await using stand = await CellStand.start({
      files: { "one.ts": SCRIPT },
      tenants: Object.fromEntries(names.map((name) => [name, settings])),
    });
    for (const name of names) {
      assert.equal((await stand.ask(name, "/loop")).status, 500);
      const { at, msg, stack } = await stand.proxy.waitFor(
        ({ code, hook, tenant }) =>
          code === "script_timeout" && hook === "requestFilter" && tenant === name,
      );
      if (at === "one.ts:4:3") {
        assert.match(
          msg ?? "",
          /^requestFilter ran longer than .*, somewhere in the hook at one\./,
        );
        continue;
      }
      assert.match(
        msg ?? "",
        /^requestFilter ran longer than 50 ms \(limits.hookMs\) at one\.ts:7:7$/,
      );
      assert.match(String(stack), /^at (?:Object\.)?requestFilter \(one\.ts:7:7\)$/);
      return;
    }
    assert.fail("none had the line of its loop");
  });
}
