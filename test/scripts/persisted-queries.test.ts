// scripts/persisted-queries.ts: a hash stands for a query once somebody has sent both.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Stand } from "./stand.ts";

async function api(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { query, variables } = JSON.parse(await text(incoming));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ data: [query, variables] }));
}

test("the upstream gets whole queries, and a hash stands for its own alone", async () => {
  const upstreams = { main: (...given: Parameters<typeof api>) => void api(...given) };
  await using stand = await Stand.start({ script: "persisted-queries.ts", upstreams });
  const query = "query A { a }";
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const ask = async (of: object) => {
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    const body = JSON.stringify({ extensions, variables: { n: 1 }, ...of });
    return JSON.parse((await stand.ask("/graphql", { method: "POST", body })).body);
  };
  assert.equal((await ask({})).errors[0].message, "PersistedQueryNotFound");
  assert.match((await ask({ query: "query B { b }" })).errors[0].message, /does not match/);
  assert.equal((await ask({})).errors[0].extensions.code, "PERSISTED_QUERY_NOT_FOUND");
  assert.deepEqual((await ask({ query })).data, [query, { n: 1 }]);
  assert.deepEqual((await ask({})).data, [query, { n: 1 }]);
  assert.equal(stand.seen.length, 2);
});
