// Reloads, a handover and the end of a proxy under HTTP/2 load, with streams open all along: no
// request is lost that had begun, and none that had not fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { Http2Load } from "./http2-load.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

test("reloads, a handover and the end lose no request of a client that heeds GOAWAY", async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using origin = await httpOrigin((request, response) => {
    if (request.url !== "/held") response.end("answered");
    else void held.then(() => response.end("in the end"));
  });
  const config = {
    ...oneTenant({ origin: [origin.address] }),
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    log: { access: "off" },
    workers: 2,
  };
  await using proxy = await TestProxy.start({ config });
  const load = new Http2Load(proxy.url, 2, 2);
  await using client = await Http2Client.to(proxy.url);
  const stream = client.open({ ":path": "/held" });
  stream.end();
  const answer = answerOf(stream);
  await load.more(200);
  proxy.signal("SIGHUP");
  await proxy.waitFor(({ msg }) => msg === "reloaded");
  assert.equal(load.connections, 2, "a reload ended connections");
  proxy.signal("SIGUSR2");
  await proxy.waitFor(({ msg }) => msg === "handed over");
  await load.more(200);
  release();
  const { status, body } = await answer;
  assert.deepEqual([status, body], [200, "in the end"]);
  assert.equal(client.goaways[0], 2 ** 31 - 1);
  assert.equal(await proxy.exited(), 0);
  await load.more(200);
  await load.stop();
  assert.deepEqual(load.failures, []);
});
