// scripts/aggregate.ts: one answer made of two services.

import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { Stand } from "./stand.ts";

const OF: Readonly<Record<string, readonly [status: number, value: unknown]>> = {
  "/products/7": [200, { name: "chair" }],
  "/products/8": [200, { name: "table" }],
  "/prices/7": [200, 90],
  "/prices/8": [500, ""],
};

function answer({ url = "" }: IncomingMessage, response: ServerResponse): void {
  const [status, value] = OF[url] ?? [404, ""];
  response.writeHead(status).end(JSON.stringify(value));
}

test("a product comes with its price, or without one, or not at all", async () => {
  const upstreams = { main: null, catalogue: answer, prices: answer };
  await using stand = await Stand.start({ script: "aggregate.ts", upstreams });
  const chair = await stand.ask("/products/7");
  assert.deepEqual(JSON.parse(chair.body), { product: { name: "chair" }, price: 90 });
  const table = await stand.ask("/products/8");
  assert.deepEqual(JSON.parse(table.body), { product: { name: "table" }, price: null });
  assert.equal((await stand.ask("/products/9")).status, 404);
  assert.equal((await stand.ask("/other")).body, "main");
});
