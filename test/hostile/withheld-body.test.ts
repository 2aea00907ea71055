// A client that announces a body and withholds it, while a hook waits to read it: the client's
// fault, and not the script's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";
import { RawOrigin } from "../life/raw-origin.ts";

const SCRIPT = `
import { definePhases } from "sluice";
export default definePhases({
  async requestFilter({ request }) {
    if (request.headers.has("x-read")) await request.text();
    else await new Promise(() => {});
  },
});
`;
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n";

test("a hook that waits for a withheld body ends with 408, one that waits for nothing with 500", async () => {
  await using origin = await RawOrigin.start();
  const limits = { hookWallMs: 100 };
  const config = oneTenant({ main: [origin.address] }, { script: "main.ts", limits });
  await using proxy = await TestProxy.start({ files: { "main.ts": SCRIPT }, config });
  const withheld = await exchange(proxy.port, `${POST}X-Read: 1\r\n\r\nhel`);
  assert.equal(withheld.status, 408);
  const own = await exchange(proxy.port, `${POST}\r\nhello`);
  assert.equal(own.status, 500);
  assert.equal(JSON.parse(own.body).code, "script_timeout");
});
