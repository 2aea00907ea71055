// What scripts find of the web, handler by handler, held to what workerd answers to the same
// requests: web-oracle.json has its answers, and ours with the reason where they differ. That
// workerd still gives them is for test/soak/workerd.test.ts.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { HANDLERS } from "./web-handlers.ts";
import { ask, expectations, SCRIPT } from "./web-oracle.ts";

const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant({}, { script: "main.ts" }),
});
after(() => proxy[Symbol.asyncDispose]());

test("each handler has an expectation, and each difference from workerd a reason", () => {
  assert.deepEqual(Object.keys(expectations).sort(), Object.keys(HANDLERS).sort());
  for (const [title, { workerd, ours, why = "" }] of Object.entries(expectations)) {
    assert.equal(ours !== undefined, why !== "", title);
    assert.notDeepEqual(ours, workerd, `${title}: there is no difference any more`);
  }
});

for (const [title, { workerd, ours, why = "" }] of Object.entries(expectations)) {
  test(`${title}, as ${why === "" ? "in workerd" : "is said"}`, async () => {
    assert.deepEqual(await ask(proxy.port, title), ours ?? workerd, why);
  });
}
