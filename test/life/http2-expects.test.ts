// 100-continue over HTTP/2 (RFC 9110 section 10.1.1), where an interim response behind the head of
// an answer would be malformed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { data, headers, post, RawHttp2 } from "../support/http2-client.ts";
import { nearSide } from "./near-side.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter: ({ request }) => new Response(request.body),
});`;

const { proxy } = await nearSide({
  config: { listeners: [{ address: "127.0.0.1:0", http2: true }] },
  tenant: { script: "main.ts" },
  files: { "main.ts": SCRIPT },
});

test("who waits for a 100 before its body has it in front of an answer that is the body", async () => {
  using client = await RawHttp2.connect(proxy.port);
  client.send(headers(1, post(["expect", "100-continue"]), false));
  const came = client.stream(1);
  await client.until(() => came.statuses.length > 0);
  client.send(data(1, "hello", true));
  assert.deepEqual((await client.ended(1)).statuses, ["100", "200"]);
  assert.equal(came.body, "hello");
});
