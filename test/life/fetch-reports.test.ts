// What users of other runtimes have met with fetch, each once: an answer before the body is read,
// a connection that has rested too long, a proxy that asks itself, an origin without HTTP.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { makeCertificate } from "../support/certificates.ts";
import { bothLanes } from "./fetch-stand.ts";
import { RawClient } from "./raw-client.ts";
import { RawOrigin } from "./raw-origin.ts";

const ok = (body: string, more = ""): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

/** Answers a POST at its head, and goes on reading nothing of it; a GET as usual. */
const early = await RawOrigin.start((connection) => {
  const { text, socket } = connection;
  if (text.startsWith("POST ") && !socket.writableEnded) {
    socket.end("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  } else if (text.endsWith("\r\n\r\n") && text.startsWith("GET ")) connection.send(ok("early"));
});
after(() => early[Symbol.asyncDispose]());

/** Closes each connection in place of a second answer on it. */
const resting = await RawOrigin.start((connection) => {
  const count = connection.text.split("HTTP/1.1\r\n").length - 1;
  if (count === 1 && /\r\n\r\n(?:data)?$/.test(connection.text)) connection.send(ok("first"));
  else if (count > 1) connection.socket.destroy();
});
after(() => resting[Symbol.asyncDispose]());

const garbage = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.end("\0\0\0 this is no HTTP \r\n\r\n");
});
garbage.listen(0, "127.0.0.1");
await once(garbage, "listening");
after(() => garbage.close());
const garbageAt = garbage.address();
const garbagePort = typeof garbageAt === "object" ? garbageAt?.port : 0;

/** Small enough that the proxy takes it off the connection, read or not. */
const unread = await RawOrigin.start((connection) => {
  if (connection.text.endsWith("\r\n\r\n")) connection.send(ok("x".repeat(30_000)));
});
after(() => unread[Symbol.asyncDispose]());

/** Nobody vouches for it. Counts what is open. */
const { cert, key } = await makeCertificate("IP:127.0.0.1");
const untrusted = createTlsServer({ cert, key }, (socket) => socket.on("error", () => undefined));
let open = 0;
untrusted.on("connection", (socket: Socket) => {
  open++;
  socket.once("close", () => open--);
});
untrusted.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
await once(untrusted, "listening");
after(() => untrusted.close());
const untrustedAt = untrusted.address();
const untrustedPort = typeof untrustedAt === "object" ? untrustedAt?.port : 0;

/** Answers at its leisure, so that clients leave before, while and after it does. */
const slow = await RawOrigin.start((connection) => {
  if (!connection.text.endsWith("\r\n\r\n")) return;
  setTimeout(() => connection.send(ok("slow")), connection.text.length % 7);
});
after(() => slow[Symbol.asyncDispose]());

/** In a place where HTTP has no room for them. */
const ODD = ["\r", "\n", "\r\n", "\0", " ", "\t"];
const plain = await RawOrigin.start((connection) => {
  if (connection.text.endsWith("\r\n\r\n")) connection.send(ok("plain"));
});
after(() => plain[Symbol.asyncDispose]());

for (const [lane, stand] of await bothLanes({ tenant: { limits: { hookMs: 1_000 } } })) {
  after(() => stand[Symbol.asyncDispose]());

  test(`${lane}: an origin that answers before it has read the body is heard, and asked again`, async () => {
    const url = `http://${early.address}/`;
    const told = await stand.one({ url, init: { method: "POST", body: "x".repeat(1_000_000) } });
    assert.equal(told.status, 413);
    for (let i = 0; i < 10; i++) assert.equal((await stand.one({ url })).body, "early");
  });

  test(`${lane}: on a connection that is closed under it a GET goes out again, a POST does not`, async () => {
    const url = `http://${resting.address}/`;
    assert.equal((await stand.one({ url })).body, "first");
    assert.equal((await stand.one({ url })).body, "first");
    const init = { method: "POST", body: "data" };
    assert.match((await stand.one({ url, init })).error ?? "", /^TypeError: .*upstream_closed/);
    const posts = resting.connections.filter(({ text }) => text.includes("POST "));
    assert.equal(posts.length, lane === "inline" ? 1 : 2);
    for (const { text } of posts) assert.equal(text.split("POST ").length, 2);
  });

  test(`${lane}: a script that asks its own proxy is told of the loop`, async () => {
    const { status, body } = await stand.one({ url: `${stand.proxy.url}/plan` });
    assert.equal(status, 508);
    assert.match(String(body), /loop_detected/);
  });

  test(`${lane}: garbage is a TypeError`, async () => {
    const { error } = await stand.one({ url: `http://127.0.0.1:${garbagePort}/` });
    assert.match(error ?? "", /^TypeError: fetch: .*\(upstream_protocol\)$/);
  });

  test(`${lane}: the access line says how often it was fetched`, async () => {
    await stand.fetch({ url: `http://${early.address}/` }, { url: `http://${early.address}/` });
    const line = await stand.proxy.waitFor(({ fetches }) => fetches === 2);
    assert.equal(typeof line.fetchMs, "number");
    const page = await stand.proxy.metrics();
    assert.match(page, /^sluice_tenant_fetches_total\{tenant="demo"\} [1-9]/m);
  });

  test(`${lane}: bodies that nobody reads hold up none that is read`, async () => {
    const url = `http://${unread.address}/`;
    const nobody = Array.from({ length: 40 }, () => ({ url, read: "nothing" as const }));
    const told = await stand.fetch(...nobody, { url });
    assert.equal(String(told.at(-1)?.body).length, 30_000);
  });

  test(`${lane}: certificates that nobody vouches for leave no connection open`, async () => {
    const url = `https://127.0.0.1:${untrustedPort}/`;
    for (let i = 0; i < 5; i++) {
      const told = await stand.fetch(...Array.from({ length: 20 }, () => ({ url })));
      for (const { error } of told) assert.match(error ?? "", /^TypeError: fetch: /);
    }
    while (open > 0) await setImmediate();
  });

  test(`${lane}: no byte that ends a line gets into a request by method, header or name`, async () => {
    const before = plain.connections.length;
    const url = `http://${plain.address}/`;
    const plans = ODD.flatMap((odd) => [
      ...[`GE${odd}T`, `${odd}GET`, `GET / HTTP/1.1${odd}Evil: 1`].map((method) => ({ method })),
      ...[`x${odd}evil`, `${odd}x`, `x${odd}`].map((name) => ({ headers: [[name, "1"]] })),
      ...(/[\r\n\0]/.test(odd) ? [{ headers: [["x-a", `1${odd}Evil: 1`]] }] : []),
      { redirect: `follow${odd}` },
      { upstream: `main${odd}` },
    ]);
    for (let from = 0; from < plans.length; from += 20) {
      const some = plans.slice(from, from + 20);
      const told = await stand.fetch(...some.map((init) => ({ url, init })));
      for (const [i, { error }] of told.entries())
        assert.match(error ?? "", /^TypeError: /, JSON.stringify(some[i]));
    }
    const hosts = ["\0", " "].map((odd) => ({ url: `http://127.0.0.1${odd}.example/` }));
    for (const { error } of await stand.fetch(...hosts)) assert.match(error ?? "", /^TypeError: /);
    assert.equal(plain.connections.length, before);
  });

  test(`${lane}: in a URL such bytes are left out or encoded, as its standard says`, async () => {
    const before = plain.connections.length;
    for (const odd of ODD) {
      const target = `/a${odd}HTTP/1.1${odd}Evil: 1${odd}${odd}?b${odd}c`;
      assert.equal((await stand.one({ url: `http://${plain.address}${target}` })).body, "plain");
    }
    const heads = plain.connections.slice(before).flatMap((connection) => connection.heads);
    const kept = (odd: string): string => new URL(`http://a/${odd}a`).pathname.slice(1, -1);
    const targets = ODD.map(
      (odd) => `/a${kept(odd)}HTTP/1.1${kept(odd)}Evil:%201${kept(odd)}${kept(odd)}?b${kept(odd)}c`,
    );
    assert.deepEqual(
      heads.map(({ lines }) => lines[0]),
      targets.map((target) => `GET ${target} HTTP/1.1`),
    );
    for (const { lines } of heads) assert.ok(!lines.some((line) => /^evil/i.test(line)));
  });

  test(`${lane}: clients that reset at any moment leave neither a crash nor a socket`, async () => {
    const plan = JSON.stringify([{ url: `http://${slow.address}/` }]);
    const head = `POST /plan HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${plan.length}\r\n\r\n`;
    for (let i = 0; i < 100; i++) {
      const client = (await RawClient.to(stand.proxy.port)).send(head + plan);
      for (let passes = i % 20; passes > 0; passes--) await setImmediate();
      client.socket.resetAndDestroy();
    }
    assert.equal((await stand.one({ url: `http://${slow.address}/` })).body, "slow");
    const active = async () =>
      /^sluice_requests_active (\d+)$/m.exec(await stand.proxy.metrics())?.at(1);
    while ((await active()) !== "0") await setImmediate();
    const deaths = stand.proxy.lines.filter(({ level }) => level === "error" || level === "fatal");
    assert.deepEqual(deaths, []);
  });
}
