// scripts/cached-answers.ts: of many that ask at once one reaches the origin, and failures are kept
// for nobody.

import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { Stand } from "./stand.ts";

let isDown = false;

function catalogue({ url }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(isDown ? 503 : 200, { "content-type": "text/plain" }).end(`of ${url}`);
}

test("an answer is fetched once for all, and never for who may have one of its own", async () => {
  const config = { workers: 2 };
  const upstreams = { main: null, catalogue };
  await using stand = await Stand.start({ script: "cached-answers.ts", upstreams, config });
  isDown = true;
  assert.equal((await stand.ask("/catalogue/1?a")).status, 500);
  isDown = false;
  const all = Array.from({ length: 20 }, () => stand.ask("/catalogue/1?a"));
  const got = await Promise.all([...all, stand.ask("/catalogue/2")]);
  assert.deepEqual(
    new Set(got.map(({ status, body, headers }) => [status, body, headers["content-type"]].join())),
    new Set(["200,of /catalogue/1?a,text/plain", "200,of /catalogue/2,text/plain"]),
  );
  assert.equal(stand.seen.length, 3);
  await stand.ask("/catalogue/1?a", { headers: { cookie: "me=1" } });
  assert.equal(stand.seen.at(-1)?.group, "main");
});
