// A worker that is busy does not answer who asks what it has counted. If that were missing from a
// page, all of it would come back in the next one, as a burst that never was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      while (request.path === "/busy");
      return new Response("a");
    },
  });`;

test("what a worker has counted stays on the metrics page while it is busy", async () => {
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant(
      { origin: ["127.0.0.1:1"] },
      { script: "main.ts", isolation: "inline", limits: { hookMs: 10_000 } },
    ),
  });
  const ask = (path: string) =>
    exchange(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const counted = /^sluice_requests_total\S* [1-9]/m;
  await ask("/");
  // its end comes a moment behind its answer
  for (let page = ""; !counted.test(page); ) page = await proxy.metrics();
  const busy = ask("/busy").catch(() => null);
  for (;;) {
    const response = await fetch(`${proxy.admin}/metrics`, { headers: { connection: "close" } });
    const text = await response.text();
    // the worker may not have got it yet
    if (text.includes("\nsluice_workers 1\n")) continue;
    assert.match(text, counted);
    break;
  }
  await proxy.stop("SIGKILL");
  await busy;
});
