// scripts/in-flight.ts: a client has its places, and reports have theirs.

import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import { type Got, Stand } from "./stand.ts";

const held = new Set<ServerResponse>();

let stand: Stand;
before(async () => {
  const config = { trustedProxies: ["127.0.0.1"], workers: 2 };
  const env = { PER_CLIENT: "3", REPORTS: "4" };
  const main = (_request: unknown, response: ServerResponse) => void held.add(response);
  stand = await Stand.start({ script: "in-flight.ts", env, upstreams: { main }, config });
});
after(async () => await stand[Symbol.asyncDispose]());

const send = (count: number, path: string, address: string): Promise<Got>[] =>
  Array.from({ length: count }, () => stand.ask(path, { headers: { "x-forwarded-for": address } }));

/** Statuses: the origin answers once so many have reached it, and all others are refused. */
async function statuses(asked: readonly Promise<Got>[], reached: number): Promise<number[]> {
  let refused = 0;
  for (const one of asked) void one.then(() => refused++);
  while (held.size < reached || refused < asked.length - reached) await new Promise(setImmediate);
  for (const response of held) response.end("report");
  held.clear();
  return (await Promise.all(asked)).map(({ status }) => status).sort();
}

/** An answer may be with its client a moment before its place is free. */
async function allLeft(): Promise<void> {
  const line = /^sluice_inflight_requests\{.*"client".*\} 0$/m;
  while (!line.test(await stand.proxy.metrics())) await new Promise(setImmediate);
}

test("a client has so many requests under way, and when they are over as many again", async () => {
  for (let i = 0; i < 2; i++) {
    const all = await statuses(send(5, "/", "192.0.2.1"), 3);
    assert.deepEqual(all, [200, 200, 200, 429, 429]);
    await allLeft();
  }
});

test("reports of all clients together are limited, whoever asks", async () => {
  const asked = [...send(3, "/reports/1", "192.0.2.2"), ...send(3, "/reports/2", "192.0.2.3")];
  assert.deepEqual(await statuses(asked, 4), [200, 200, 200, 200, 503, 503]);
});
