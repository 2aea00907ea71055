// Access by address, through the proxy, as docs/configuration.md shows it. The clients are several
// addresses of the loopback network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, documented, Echo } from "./documented.ts";
import { TestProxy } from "./proxy.ts";

const NEEDS_LOOPBACK_NETWORK =
  process.platform === "linux" ? false : "only Linux has all of 127.0.0.0/8";

test("who is denied, or not allowed, gets 403", { skip: NEEDS_LOOPBACK_NETWORK }, async () => {
  await using pages = await Echo.start("pages");
  const config = { ...documented("Access by address", 0, [pages]), trustedProxies: ["127.0.0.9"] };
  await using proxy = await TestProxy.start({ config });
  const status = async (target: string, localAddress: string, forwardedFor?: string) => {
    const headers = forwardedFor === undefined ? {} : { "X-Forwarded-For": forwardedFor };
    return (await ask(proxy, target, { localAddress, headers })).status;
  };
  assert.equal(await status("/", "127.0.0.1"), 200);
  assert.equal(await status("/admin", "127.0.0.1"), 200);
  assert.equal(await status("/", "127.0.0.2"), 200);
  assert.equal(await status("/admin/x", "127.0.0.2"), 403);
  // through a trusted proxy the client's address counts; from others, nothing that they say
  assert.equal(await status("/admin", "127.0.0.9", "127.0.0.1"), 200);
  assert.equal(await status("/admin", "127.0.0.9", "2001:db8::7"), 200);
  assert.equal(await status("/admin", "127.0.0.9", "192.0.2.1"), 403);
  assert.equal(await status("/admin", "127.0.0.9", "127.0.0.1, 192.0.2.1"), 403);
  assert.equal(await status("/admin", "127.0.0.2", "127.0.0.1"), 403);
  assert.equal(await status("/", "127.0.0.9", "203.0.113.7"), 403);
  assert.equal(await status("/", "127.0.0.9", "::ffff:203.0.113.7"), 403);
  assert.equal(await status("/", "127.0.0.9", "999.0.0.1"), 403);
  const refused = await proxy.waitFor(({ error }) => error === "forbidden");
  assert.deepEqual([refused.status, refused.client], [403, "127.0.0.2"]);
});
