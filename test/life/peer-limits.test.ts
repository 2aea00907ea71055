// Limits of peers, over two workers: what waits, what is refused, and what a worker that dies gives
// back. The origin counts what is open to it and under way.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
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
  server.on("connection", (socket) => {
    seen.most = Math.max(seen.most, ++seen.connections);
    socket.once("close", () => seen.connections--);
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

interface Answer {
  readonly status: number;
  readonly retryAfter: string;
  readonly body: string;
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
    });
    proxy = await TestProxy.start({
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

  /** A connection of its own, so that requests come to both workers. */
  const ask = async (tenant: string, path = "/held", signal?: AbortSignal): Promise<Answer> => {
    const headers = { host: `${tenant}.test` };
    const { host, port } = proxy;
    const asked = request({ host, port, path, headers, agent: false, ...(signal && { signal }) });
    asked.end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    if (answer === undefined) throw new Error("no answer");
    const retryAfter = answer.headers["retry-after"] ?? "";
    return { status: answer.statusCode ?? 0, retryAfter, body: await text(answer) };
  };

  /** The status; 0: it waited. */
  const briefly = (tenant: string): Promise<number> =>
    ask(tenant, "/held", AbortSignal.timeout(100)).then(
      ({ status }) => status,
      () => 0,
    );

  it("no more connections are open than allowed, and all that wait are served", async () => {
    Object.assign(origin.seen, { most: 0, requestsMost: 0 });
    const answers = Array.from({ length: 60 }, () => ask("four", "/now"));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.ok(origin.seen.requestsMost <= 4, `${origin.seen.requestsMost} were under way`);
    // the origin may hear of one that was closed after one that took its place
    assert.ok(origin.seen.most <= 4 + 2, `${origin.seen.most} were open`);
  });

  it("one more than may wait gets 503 with Retry-After, and what is under way goes on", async () => {
    const first = [ask("two"), ask("two")];
    await until(() => origin.waiting.length === 2);
    const more = Array.from({ length: 4 }, () => ask("two"));
    const refused: Answer[] = [];
    for (const one of more) void one.then((answer) => refused.push(answer));
    await until(() => refused.length === 3);
    for (const { status, retryAfter, body } of refused) {
      assert.deepEqual([status, retryAfter], [503, "1"]);
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
    const first = ask("short");
    await until(() => origin.waiting.length === 1);
    const late = await ask("short");
    assert.equal(late.status, 503);
    origin.waiting.shift()?.end("done\n");
    assert.equal((await first).status, 200);
  });

  it("a client that leaves is taken out of the queue", async () => {
    const first = [ask("two"), ask("two")];
    await until(() => origin.waiting.length === 2);
    const leaver = connect(proxy.port, proxy.host);
    leaver.write("GET /held HTTP/1.1\r\nHost: two.test\r\n\r\n");
    // until the leaver waits, whoever asks waits in its place, and leaves
    while ((await briefly("two")) !== 503);
    leaver.destroy();
    // its place is free: whoever asks now waits until it is tired of it
    while ((await briefly("two")) === 503);
    for (const response of origin.waiting.splice(0)) response.end("done\n");
    await Promise.all(first);
  });
});
