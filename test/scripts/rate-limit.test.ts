// scripts/rate-limit.ts: a client has its limit, and others have theirs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Got, Stand } from "./stand.ts";

const LIMIT = 20;

let stand: Stand;
before(async () => {
  const config = { trustedProxies: ["127.0.0.1"], workers: 2 };
  const env = { LIMIT: `${LIMIT}` };
  stand = await Stand.start({ script: "rate-limit.ts", env, upstreams: { main: null }, config });
});
after(async () => await stand[Symbol.asyncDispose]());

const send = (count: number, address: string): Promise<Got[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      stand.ask("/", { headers: { "x-forwarded-for": address } }),
    ),
  );

const served = (all: readonly Got[]): number => all.filter(({ status }) => status === 200).length;

test("over all workers exactly as many are served as the limit says", async () => {
  assert.equal(served(await send(3 * LIMIT, "192.0.2.2")), LIMIT);
});

test("who is refused is told when to come again", async () => {
  const refused = (await send(3 * LIMIT, "192.0.2.1")).find(({ status }) => status === 429);
  const seconds = Number(refused?.headers["retry-after"]);
  assert.ok(seconds >= 1 && seconds <= 66, `${seconds} s`);
});

test("another client is served meanwhile", async () => {
  await send(3 * LIMIT, "192.0.2.1");
  assert.equal(served(await send(5, "192.0.2.77")), 5);
});
