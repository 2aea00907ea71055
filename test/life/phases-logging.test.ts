// `logging` runs exactly once for each request that got a ctx, however it ended, and two hooks of
// one request never run side by side.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CLIENT_VERSION } from "./protocol.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

/** For a test's `skip`: what it is about is not in HTTP/2. */
const OF_HTTP1 = CLIENT_VERSION === "2" && "HTTP/2 has none of it";

/** Each hook says when it begins and ends; `wait` names one that waits until it is stopped. */
const SCRIPT = `import { definePhases, log } from "sluice";
const hook = (name, later = 1) => async (session, ctx) => {
  log.info("begin " + name);
  ctx.inside++;
  if (ctx.inside !== 1) log.error("overlap in " + name);
  const isWaiting = session.request.headers.get("wait") === name;
  await new Promise((done) => setTimeout(done, isWaiting ? 1e6 : later));
  ctx.inside--;
  log.info("end " + name);
};
export default definePhases({
  newCtx: () => ({ inside: 0 }),
  requestFilter: hook("requestFilter"),
  upstreamRequestFilter: hook("upstreamRequestFilter"),
  responseFilter: hook("responseFilter"),
  failToProxy: hook("failToProxy"),
  errorWhileProxy: hook("errorWhileProxy"),
  logging(session) {
    const { error, response, bytes } = session;
    log.info("logging " + [error?.code, response?.status, bytes.received, bytes.sent].join());
  },
});`;

const origin = await RawOrigin.start(answering(ok()));
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant({ origin: [origin.address] }, { script: "main.ts" }),
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());

const get = (headers = ""): string => `GET / HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n`;

/** Runs one request to its end; what logging said, each time it ran. */
async function logged(use: (client: RawClient) => Promise<void>): Promise<string[]> {
  const before = proxy.requests().length;
  const from = proxy.scriptLines().length;
  const client = await RawClient.to(proxy.port);
  await use(client);
  await client[Symbol.asyncDispose]();
  await proxy.waitFor(() => proxy.requests().length > before);
  const lines = proxy.scriptLines().slice(from);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("overlap")),
    [],
  );
  return lines.filter((line) => line.startsWith("logging "));
}

const says = (line: string): ((one: { msg?: string }) => boolean) => {
  const from = proxy.lines.length;
  return (one) => one.msg === line && proxy.lines.indexOf(one) >= from;
};

test("a proxied request is logged once, with its status and bytes", async () => {
  const lines = await logged(async (client) => {
    client.send(get());
    assert.equal((await client.response()).body, "ok");
  });
  assert.deepEqual(lines, ["logging ,200,0,2"]);
});

for (const hook of ["requestFilter", "upstreamRequestFilter", "responseFilter"]) {
  test(`a client that leaves while ${hook} waits is logged once, without a response`, async () => {
    const begun = says(`begin ${hook}`);
    const lines = await logged(async (client) => {
      client.send(get(`Wait: ${hook}\r\n`));
      await proxy.waitFor(begun);
      client.socket.resetAndDestroy();
    });
    assert.deepEqual(lines, ["logging client_aborted,,0,0"]);
  });
}

test("a client that leaves within its upload is logged once, with what it sent", async () => {
  const lines = await logged(async (client) => {
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\nhello");
    await origin.until(() => /\r\n\r\nhello$/.test(origin.text), "the body's beginning");
    client.socket.resetAndDestroy();
  });
  assert.deepEqual(lines, ["logging client_aborted,,5,0"]);
});

test("a client that leaves within its download is logged once, with its head", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  await origin.reset((connection) => {
    if (connection.heads.length === 1) connection.send(`${head}hello`);
  });
  const lines = await logged(async (client) => {
    client.send(get());
    await client.until(() => client.text.endsWith("hello"), "the body's beginning");
    client.socket.resetAndDestroy();
  });
  assert.deepEqual(lines, ["logging client_aborted,200,0,5"]);
});

test("an origin that breaks off is logged once, with the bytes that came", async () => {
  await origin.reset((connection) => {
    if (connection.heads.length !== 1) return;
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello").socket.end();
  });
  const lines = await logged(async (client) => {
    client.send(get());
    await client.until(() => client.isClosed, "end");
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^logging upstream_\w+,200,0,5$/);
});

test("a request that fails is logged once, after failToProxy", async () => {
  await origin.reset((connection) => {
    if (connection.heads.length > 0) connection.send("nonsense\r\n\r\n");
  });
  const lines = await logged(async (client) => {
    client.send(get());
    assert.equal((await client.response()).status, 502);
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^logging upstream_protocol,502,0,\d+$/);
});

test("a client that leaves while failToProxy waits is logged once", async () => {
  const begun = says("begin failToProxy");
  const lines = await logged(async (client) => {
    client.send(get("Wait: failToProxy\r\n"));
    await proxy.waitFor(begun);
    client.socket.resetAndDestroy();
  });
  assert.deepEqual(lines, ["logging client_aborted,,0,0"]);
});

test("an upgraded connection is logged once, when it ends", { skip: OF_HTTP1 }, async () => {
  const head =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
  await origin.reset((connection) => {
    if (connection.hasEnded) connection.socket.end();
    else if (connection.text.endsWith("ping")) connection.send("pong");
    else connection.send(head);
  });
  const lines = await logged(async (client) => {
    client.send(get("Upgrade: websocket\r\nConnection: upgrade\r\n"));
    await client.until(() => client.text.endsWith("\r\n\r\n"), "101");
    client.send("ping");
    await client.until(() => client.text.endsWith("pong"), "pong");
    assert.deepEqual(
      proxy.scriptLines().filter((line) => line.startsWith("logging ,101")),
      [],
    );
  });
  assert.deepEqual(lines, ["logging ,101,4,4"]);
});

test("requests that never got a ctx are not logged by the script", { skip: OF_HTTP1 }, async () => {
  const lines = await logged(async (client) => {
    client.send("GET / HTTP/1.1\r\n\r\n");
    assert.equal((await client.response()).status, 400);
  });
  assert.deepEqual(lines, []);
});
