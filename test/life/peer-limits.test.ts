// Limits of peers, over two workers: what waits, what is refused, and what a worker that dies gives
// back. The origin counts what is open to it and under way.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Answer, ask } from "./ask.ts";
import { TestProxy } from "./proxy.ts";

interface HeldOrigin extends AsyncDisposable {
  readonly address: string;
  readonly waiting: ServerResponse[];
  readonly seen: { requests: number; connections: number; requestsMost: number; most: number };
}

/** Answers when it is told, unless the path is /now. */
async function heldOrigin(): Promise<HeldOrigin> {
  const waiting: ServerResponse[] = [];
  const seen = { requests: 0, connections: 0, requestsMost: 0, most: 0 };
  const server = createServer((request, response) => {
    seen.requestsMost = Math.max(seen.requestsMost, ++seen.requests);
    response.once("close", () => seen.requests--);
    if (request.url === "/now") response.end("now\n");
    else waiting.push(response);
  });
  server.on("connection", async (socket) => {
    seen.connections++;
    socket.once("close", () => seen.connections--);
    // the end of the one whose place it took has arrived too, and is heard of in the next passes
    for (let pass = 0; pass < 4; pass++) await setImmediate();
    seen.most = Math.max(seen.most, seen.connections);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("no port");
  return {
    address: `127.0.0.1:${at.port}`,
    waiting,
    seen,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe("peers with limits", () => {
  let origin: HeldOrigin;
  let proxy: TestProxy;

  before(async () => {
    origin = await heldOrigin();
    const group = (more: object) => ({ peers: [origin.address], ...more });
    const tenant = (name: string, more: object) => ({
      hosts: [`${name}.test`],
      upstreams: { only: group(more) },
      // a client that has closed its half has left
      abortOnHalfClose: true,
    });
    proxy = await TestProxy.start({
      nodeArgs: ["--import", join(import.meta.dirname, "throw-in-one.mjs")],
      config: {
        workers: 2,
        tenants: {
          four: tenant("four", {
            limits: { connections: 4 },
            queue: { max: 200, timeoutMs: 60_000 },
          }),
          two: tenant("two", { limits: { requests: 2 }, queue: { max: 1, timeoutMs: 60_000 } }),
          short: tenant("short", { limits: { requests: 1 }, queue: { max: 9, timeoutMs: 200 } }),
        },
      },
    });
  });

  after(async () => {
    await proxy[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  const held = (tenant: string): Promise<Answer> => ask(proxy, tenant, { path: "/held" });

  /** The status; 0: it waited. */
  const briefly = (tenant: string): Promise<number> =>
    ask(proxy, tenant, { path: "/held", signal: AbortSignal.timeout(100) }).then(
      ({ status }) => status,
      () => 0,
    );

  it("no more connections are open than allowed, and all that wait are served", async () => {
    Object.assign(origin.seen, { most: 0, requestsMost: 0 });
    const answers = Array.from({ length: 60 }, () => ask(proxy, "four", { path: "/now" }));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.ok(origin.seen.requestsMost <= 4, `${origin.seen.requestsMost} were under way`);
    // the origin may hear of one that was closed after one that took its place
    assert.ok(origin.seen.most <= 4 + 2, `${origin.seen.most} were open`);
  });

  it("one more than may wait gets 503 with Retry-After, and what is under way goes on", async () => {
    const first = [held("two"), held("two")];
    await until(() => origin.waiting.length === 2);
    const more = Array.from({ length: 4 }, () => held("two"));
    const refused: Answer[] = [];
    for (const one of more) void one.then((answer) => refused.push(answer));
    await until(() => refused.length === 3);
    for (const { status, headers, body } of refused) {
      assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
      assert.match(body, /"peers_busy"/);
    }
    assert.equal(origin.waiting.length, 2);
    for (let ended = 0; ended < 3; ended++) {
      await until(() => origin.waiting.length > 0);
      origin.waiting.shift()?.end("done\n");
    }
    const statuses = (await Promise.all([...first, ...more])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 200, 200, 503, 503, 503]);
  });

  it("what has waited too long gets 503", async () => {
    const first = held("short");
    await until(() => origin.waiting.length === 1);
    const late = await held("short");
    assert.equal(late.status, 503);
    origin.waiting.shift()?.end("done\n");
    assert.equal((await first).status, 200);
  });

  it("a worker that is killed while 100 wait gives back what it had: all others are served", async () => {
    const asked = Array.from({ length: 100 }, () =>
      held("four").then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await until(() => origin.waiting.length === 4);
    process.kill(proxy.pids()[0] ?? 0, "SIGWINCH");
    const done = Promise.all(asked);
    let isOver = false;
    void done.then(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const response of origin.waiting.splice(0)) response.end("done\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const counts = Object.groupBy(await done, String);
    assert.deepEqual(
      Object.keys(counts).filter((status) => !["0", "200", "503"].includes(status)),
      [],
    );
    assert.ok((counts["200"]?.length ?? 0) >= 20, JSON.stringify(counts));
    assert.equal((await ask(proxy, "four", { path: "/now" })).status, 200);
    await until(() => origin.seen.requests === 0);
    // what the dead worker had asked for has no reader any more
    origin.waiting.length = 0;
    const page = await proxy.metrics();
    assert.match(page, /sluice_upstream_peer_active\{tenant="four"[^}]*\} 0\n/);
  });

  it("a client that leaves is taken out of the queue", async () => {
    const first = [held("two"), held("two")];
    await until(() => origin.waiting.length === 2);
    const leaver = connect(proxy.port, proxy.host);
    leaver.write("GET /held HTTP/1.1\r\nHost: two.test\r\n\r\n");
    // nobody else asks meanwhile: who took its place would have it refused
    while (!/^sluice_upstream_queued\{tenant="two"[^}]*\} 1$/m.test(await proxy.metrics()));
    assert.equal((await held("two")).status, 503);
    leaver.destroy();
    // its place is free: whoever asks now waits until it is tired of it
    while ((await briefly("two")) === 503);
    for (const response of origin.waiting.splice(0)) response.end("done\n");
    await Promise.all(first);
  });
});
