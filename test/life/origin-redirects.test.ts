// Where an origin sends its clients, through the proxy, as docs/configuration.md shows it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, documented } from "./documented.ts";
import { TestProxy } from "./proxy.ts";
import { values } from "./raw-client.ts";
import { answering, RawOrigin } from "./raw-origin.ts";

test("an origin's redirects lead through the proxy again, where that is wanted", async () => {
  await using origin = await RawOrigin.start(
    answering((request) => {
      const [to = ""] = values(request, "to");
      const cookie = "Set-Cookie: a=b; Domain=origin.test; Path=/\r\n";
      return `HTTP/1.1 302 Found\r\nLocation: ${to}\r\n${cookie}Content-Length: 0\r\n\r\n`;
    }),
  );
  const config = documented("Where an origin sends clients", 0, [origin]);
  await using proxy = await TestProxy.start({ config });
  const sent = async (target: string, to: string): Promise<string | undefined> => {
    const { headers } = await ask(proxy, target, { headers: { host: "shop.example.com", to } });
    assert.deepEqual(headers["set-cookie"], ["a=b; Path=/"]);
    return headers.location;
  };
  const own = `http://${origin.address}/login?next=/x`;
  assert.equal(await sent("/api/x", "/login"), "/api/login");
  assert.equal(await sent("/api/x", own), "/api/login?next=/x");
  assert.equal(await sent("/api/x", "http://shop.example.com/a"), "http://shop.example.com/api/a");
  assert.equal(await sent("/api/x", "https://sso.example/login"), "https://sso.example/login");
  assert.equal(await sent("/page", own), "/login?next=/x");
  assert.equal(await sent("/page", "/login"), "/login");
  assert.equal(await sent("/raw/x", own), own);
  assert.equal(await sent("/raw/x", "/login"), "/login");
});
