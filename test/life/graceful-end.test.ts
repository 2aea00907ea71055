// SIGTERM: what is on its way when the proxy is told to end is answered, like what has begun.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

test("a request that comes after SIGTERM, on a connection that was idle, is answered", async () => {
  await origin.reset(answering(({ lines }) => ok(lines[0])));
  await using idle = await RawClient.to(proxy.port);
  idle.send("GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assert.equal((await idle.response()).status, 200);
  proxy.signal("SIGTERM");
  await proxy.waitFor(({ msg }) => msg === "shutting down");
  idle.send("POST /second HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi");
  const answer = await idle.response("POST");
  assert.equal(answer.body, "POST /second HTTP/1.1");
  assert.deepEqual(values(answer, "connection"), ["close"]);
  await idle.closed();
  assert.equal(await proxy.exited(), 0);
});
