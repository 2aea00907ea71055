// A script that changes the status of a 101: the client would take the tunnel's bytes for
// responses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { RawClient } from "../life/raw-client.ts";
import { RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({ responseFilter(session) { session.response.status = 200; } });
`;
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHED =
  "HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK";

for (const [onScriptError, status] of [
  ["fail-closed", 500] as const,
  ["fail-open", 101] as const,
]) {
  test(`a hook that makes a 200 of a 101 opens no tunnel behind a 200 (${onScriptError})`, async () => {
    await using origin = await RawOrigin.start(({ text, socket }) => {
      if (text.endsWith("\r\n\r\n")) socket.write(SWITCHED);
    });
    const config = oneTenant({ main: [origin.address] }, { script: "main.ts", onScriptError });
    await using proxy = await TestProxy.start({ files: { "main.ts": SCRIPT }, config });
    await using client = await RawClient.to(proxy.port);
    const response = await client.send(REQUEST).response();
    assert.equal(response.status, status);
    const logged = await proxy.waitFor((line) => line.code === "script_result");
    assert.equal(logged.hook, "responseFilter");
  });
}
