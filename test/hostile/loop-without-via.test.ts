// A script that tries to take Via away, by which the proxy finds that a request has come round to
// it: the name is the host's, so its hook fails, and no request goes round.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";
import { freePort } from "../support/free-port.ts";

const script = (edit: string): string => `
  import { definePhases, log } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      log.info("round");
      try {
        ${edit.replace("HEADERS", "request.headers")}
      } catch (error) {
        log.info(error.message);
      }
    },
    upstreamRequestFilter({ upstreamRequest }) {
      try { ${edit.replace("HEADERS", "upstreamRequest.headers")} } catch {}
    },
  });`;

for (const edit of [
  'HEADERS.delete("via")',
  'HEADERS.set("Via", "1.1 elsewhere")',
  'HEADERS.append("VIA", "1.1 elsewhere")',
  'HEADERS.delete("max-forwards")',
]) {
  test(`${edit} is refused, and a loop is found after one round`, async () => {
    const port = await freePort();
    const config = oneTenant({ itself: [`127.0.0.1:${port}`] }, { script: "main.ts" });
    await using proxy = await TestProxy.start({
      files: { "main.ts": script(edit) },
      config: { ...config, listeners: [{ address: `127.0.0.1:${port}` }] },
    });
    const { status } = await exchange(proxy.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(status, 508);
    await proxy.waitFor((line) => line.msg === "request" && line.error === null);
    const lines = proxy.scriptLines();
    assert.deepEqual(
      lines.filter((line) => line === "round"),
      ["round"],
    );
    assert.ok(lines.some((line) => line.includes("belongs to the proxy")));
  });
}
