// A rejection that nothing handles: whose it is, and where in the author's files it came about.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";

interface Order { id: number }

async function save(order: Order): Promise<void> {
  await null;
  throw new RangeError("no room for " + order.id);
}

export default definePhases({
  requestFilter() {
    void save({ id: 7 });
    return new Response("answered");
  },
});
`;

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: it is logged with request, hook, and its frames in the TypeScript`, async () => {
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: oneTenant({ origin: ["127.0.0.1:9"] }, { script: "main.ts", isolation }),
    });
    const headers = { connection: "close", "x-request-id": "request-1" };
    assert.equal(await (await fetch(proxy.url, { headers })).text(), "answered");
    const line = await proxy.waitFor(({ msg }) => /unhandled/.test(msg ?? ""));
    const [said, ...frames] = String(line.msg).split("\n");
    assert.equal(said, "unhandled rejection: RangeError: no room for 7");
    assert.match(frames[0] ?? "", /^ {4}at save \(main\.ts:7:9\)$/);
    assert.ok(frames.every((frame) => !/script\.js|sluice:|isolated-vm|file:/.test(frame)));
    assert.equal(line.hook, "requestFilter");
  });
}
