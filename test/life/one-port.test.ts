// Two proxies on one port: the second does not start, though workers of one proxy share a port.

import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const config = (origin: string, port: number) => ({
  ...oneTenant({ origin: [origin] }),
  listeners: [{ address: `127.0.0.1:${port}` }],
  workers: 2,
  store: "none",
});

test("a second proxy on the same port is refused, and the first serves all", async () => {
  await using origin = await httpOrigin((_request, response) => void response.end("here"));
  const port = await freePort();
  await using first = await TestProxy.start({ config: config(origin.address, port) });
  await using second = await TestProxy.launch({ config: config(origin.address, port) });
  assert.equal(await second.exited(), 1);
  await second.complains(new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
  for (let i = 0; i < 8; i++) {
    const answer = await fetch(first.url, { headers: { connection: "close" } });
    assert.equal(await answer.text(), "here");
  }
});

test("of two that are started at once, one serves", async () => {
  const port = await freePort();
  const options = { config: config("127.0.0.1:9", port) };
  const both = await Promise.all([TestProxy.launch(options), TestProxy.launch(options)]);
  await using first = both[0];
  await using second = both[1];
  const ends = await Promise.all(
    [first, second].map((proxy) =>
      proxy
        .waitFor(({ msg }) => msg === "ready")
        .then(
          () => "serves",
          async () => `status ${await proxy.exited()}`,
        ),
    ),
  );
  assert.deepEqual(ends.toSorted(), ["serves", "status 1"]);
});
