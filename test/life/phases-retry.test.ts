// What follows a failed attempt: failToConnect, errorWhileProxy, the default rule, and the bounds.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange, RawClient } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  const seen = [];
  export default definePhases({
    newCtx: () => ({ steps: [] }),
    upstreamPeer(session, ctx) {
      ctx.steps.push("peer" + session.attempt);
      const groups = session.request.target.slice(1).split("/")[0].split(",");
      return groups[Math.min(session.attempt, groups.length) - 1];
    },
    failToConnect(session, ctx) {
      ctx.steps.push("failToConnect " + session.error.code + " " + session.error.canRetry);
      if (session.request.headers.has("retry")) return "retry";
    },
    upstreamRequestFilter(session, ctx) {
      ctx.steps.push("fresh " + !session.upstreamRequest.headers.has("x-try"));
      session.upstreamRequest.headers.set("x-try", "" + session.attempt);
    },
    errorWhileProxy(session, ctx) {
      ctx.steps.push("errorWhileProxy " + session.error.code + " " + session.error.canRetry);
      return session.request.headers.get("decide") ?? undefined;
    },
    logging(session, ctx) {
      log.info(ctx.steps.join("; ") + "; " + (session.error?.code ?? "fine"));
    },
  });`;

const live = await RawOrigin.start(answering(ok("live")));
/** Takes a request and drops it. */
const broken = await RawOrigin.start((connection) => {
  if (connection.heads.length > 0) connection.socket.destroy();
});
/** Takes half of a body and drops it. */
const half = await RawOrigin.start(({ text, socket }) => {
  if (text.endsWith("hello")) socket.destroy();
});
/** Answers the first request of a connection and drops the second. */
const fading = await RawOrigin.start((connection) => {
  const { length } = connection.heads;
  if (length === 1) connection.send(ok("fading"));
  if (length > 1) connection.socket.destroy();
});
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant(
    {
      live: [live.address],
      broken: [broken.address],
      half: [half.address],
      fading: [fading.address],
      dead: [`127.0.0.1:${await freePort()}`],
    },
    { script: "main.ts", maxRetries: 2 },
  ),
});
/** Holds what it gets until it is told to drop it. */
const holding = await RawOrigin.start(() => undefined);
const budgeted = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    tenants: {
      demo: {
        hosts: ["*"],
        script: "main.ts",
        maxRetries: 1,
        upstreams: {
          main: { peers: [holding.address], retryBudget: { percent: 0, min: 2 } },
        },
      },
    },
  },
});
after(() => budgeted[Symbol.asyncDispose]());
after(() => holding[Symbol.asyncDispose]());
for (const one of [proxy, live, broken, half, fading]) after(() => one[Symbol.asyncDispose]());

const get = (target: string, headers = ""): string =>
  `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n`;

/** Status of the answer, and what logging saw. */
async function run(request: string): Promise<readonly [number, string]> {
  const before = proxy.scriptLines().length;
  const { status } = await exchange(proxy.port, request);
  await proxy.waitFor(() => proxy.scriptLines().length > before);
  return [status, proxy.scriptLines()[before] ?? ""];
}

test("a failed connect is the end, unless failToConnect says retry", async () => {
  const failed = "peer1; failToConnect connect_refused true";
  assert.deepEqual(await run(get("/dead,live")), [502, `${failed}; connect_refused`]);
  const retried = `${failed}; peer2; fresh true; fine`;
  assert.deepEqual(await run(get("/dead,live", "Retry: 1\r\n")), [200, retried]);
});

test("retries end with maxRetries, and ctx survives them all", async () => {
  const [status, steps] = await run(get("/dead", "Retry: 1\r\n"));
  assert.equal(status, 502);
  assert.equal(
    steps,
    "peer1; failToConnect connect_refused true; peer2; failToConnect connect_refused true; " +
      "peer3; failToConnect connect_refused false; connect_refused",
  );
});

test("a broken new connection is retried only when the script says so", async () => {
  const failed = "peer1; fresh true; errorWhileProxy upstream_closed true";
  assert.deepEqual(await run(get("/broken,live")), [502, `${failed}; upstream_closed`]);
  const retried = `${failed}; peer2; fresh true; fine`;
  assert.deepEqual(await run(get("/broken,live", "Decide: retry\r\n")), [200, retried]);
});

test("a GET goes out again on a new connection, in the same attempt, unless the script says fail", async () => {
  assert.equal((await run(get("/fading")))[0], 200);
  const failed = "peer1; fresh true; errorWhileProxy upstream_closed true";
  assert.deepEqual(await run(get("/fading,live")), [200, `${failed}; fresh true; fine`]);
  const retried = `${failed}; peer2; fresh true; fine`;
  assert.deepEqual(await run(get("/fading,live", "Decide: retry\r\n")), [200, retried]);
  assert.equal((await run(get("/fading")))[0], 200);
  const refused = `${failed}; upstream_closed`;
  assert.deepEqual(await run(get("/fading,live", "Decide: fail\r\n")), [502, refused]);
});

test("a POST on a reused connection is never retried by default", async () => {
  assert.equal((await run(get("/fading")))[0], 200);
  const post = `POST /fading,live HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi`;
  const failed = "peer1; fresh true; errorWhileProxy upstream_closed true; upstream_closed";
  assert.deepEqual(await run(post), [502, failed]);
});

test("a body that is kept is sent again, when the script says retry", async () => {
  const before = live.text.length;
  const post =
    "POST /broken,live HTTP/1.1\r\nHost: a.example\r\nDecide: retry\r\n" +
    "Content-Length: 5\r\n\r\nhello";
  assert.equal((await run(post))[0], 200);
  assert.match(live.text.slice(before), /x-try: 2[\s\S]*\r\n\r\nhello$/i);
});

test("nothing of a first try is in the next: its body goes out anew, and once", async () => {
  const before = live.text.length;
  const logged = proxy.scriptLines().length;
  await using client = await RawClient.to(proxy.port);
  client.send(
    "POST /half,live HTTP/1.1\r\nHost: a.example\r\nDecide: retry\r\n" +
      "Content-Length: 10\r\n\r\nhello",
  );
  await half.until(() => half.connections.some(({ isClosed }) => isClosed), "end of the first try");
  assert.equal((await client.send("world").response()).status, 200);
  await proxy.waitFor(() => proxy.scriptLines().length > logged);
  const [again, ...more] = live.text.slice(before).split(/(?=^POST )/m);
  assert.deepEqual(more, []);
  assert.match(again ?? "", /^x-try: 2\r\n[\s\S]*\r\n\r\nhelloworld$/im);
  assert.equal(again?.match(/^(?:content-length|transfer-encoding|x-try):/gim)?.length, 2);
});

test("once the client has part of the response nothing is retried", async () => {
  const half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
  await fading.reset((connection) => {
    if (connection.heads.length > 0) connection.send(half).socket.end();
  });
  const before = proxy.scriptLines().length;
  await using client = await RawClient.to(proxy.port);
  client.send(get("/fading,live", "Decide: retry\r\n"));
  await client.until(() => client.isClosed, "end");
  assert.match(client.text, /\r\n\r\nhalf$/);
  await proxy.waitFor(() => proxy.scriptLines().length > before);
  assert.match(proxy.scriptLines()[before] ?? "", /errorWhileProxy upstream_\w+ false; upstream_/);
});

test("retries of a group are no more at a time than its budget says, and are given back", async () => {
  const dropAll = async (count: number): Promise<void> => {
    const open = () => holding.connections.filter(({ socket }) => !socket.destroyed);
    await holding.until(() => open().length === count, `${count} requests`);
    for (const { socket } of open()) socket.destroy();
  };
  const ask = () =>
    exchange(
      budgeted.port,
      "GET /main HTTP/1.1\r\nHost: a\r\ndecide: retry\r\nConnection: close\r\n\r\n",
    );
  for (let round = 0; round < 2; round++) {
    const asked = Array.from({ length: 5 }, ask);
    // of five that fail, two go out again, and fail again
    await dropAll(5);
    await dropAll(2);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual(statuses, [502, 502, 502, 502, 502]);
  }
  assert.equal(holding.connections.length, 2 * (5 + 2));
});
