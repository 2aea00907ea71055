// scripts/mirror.ts: the client's answer is the origin's, and the shadow gets a copy.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stand } from "./stand.ts";

test("the shadow gets a copy of each request, and the client waits for none of it", async () => {
  const bodies: string[] = [];
  const shadow = async (request: AsyncIterable<Buffer>, response: { end(): void }) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    if (bodies.length === 2) response.end();
  };
  const upstreams = { main: null, shadow };
  await using stand = await Stand.start({ script: "mirror.ts", upstreams });
  assert.equal((await stand.ask("/a?b")).body, "main");
  assert.equal((await stand.ask("/c", { method: "POST", body: "data" })).body, "main");
  while (bodies.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(bodies.sort(), ["", "data"]);
  const asked = stand.seen.map(({ group, method, url }) => `${group} ${method} ${url}`);
  const expected = ["main GET /a?b", "main POST /c", "shadow GET /a?b", "shadow POST /c"];
  assert.deepEqual(asked.sort(), expected);
});
