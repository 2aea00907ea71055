// A tenant whose clients never close their half but to leave (`abortOnHalfClose`): an origin that
// streams events, or thinks for long, is let go at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    logging: ({ error, request }) => log.info(request.target + " " + error?.code),
  });`;

const { origin, proxy } = await nearSide({
  tenant: { abortOnHalfClose: true, script: "main.ts" },
  files: { "main.ts": SCRIPT },
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const EVENTS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n";

const letGo = (): Promise<void> =>
  origin.until(() => origin.connections.every(({ hasEnded }) => hasEnded), "end");

test("a stream of events ends with its client's half", async () => {
  await origin.reset(answering(EVENTS));
  await using client = await RawClient.to(proxy.port);
  client.send(get("/events"));
  await client.until(() => client.text.includes("one"), "event");
  client.endHalf();
  await letGo();
  await client.closed();
  const line = await proxy.waitFor(({ target, msg }) => msg === "request" && target === "/events");
  assert.equal(line.error, "client_aborted");
  await proxy.waitFor(({ msg }) => msg === "/events client_aborted");
});

test("a long poll ends with its client's half", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(get("/poll"));
  await origin.until(() => origin.text.includes("/poll"), "request");
  client.endHalf();
  await letGo();
  await client.closed();
  assert.equal(client.text, "");
});

test("a request that waits behind one that is answered is none that is left", async () => {
  await origin.reset(answering(({ lines }) => ok(lines[0])));
  await using client = await RawClient.to(proxy.port);
  client.send(get("/1"));
  assert.equal((await client.response()).status, 200);
  client.send(get("/2"));
  assert.equal((await client.response()).status, 200);
  client.endHalf();
  await client.closed();
  assert.equal(client.error, null);
});
