// A fetch sends a stream as its body, at its origin's pace; a script reads the body of its request
// piece by piece, hands it on, and it is forwarded all the same.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes, type FetchStand } from "./fetch-stand.ts";
import { RawClient } from "./raw-client.ts";
import { ToldOrigin, type ToldRequest, until } from "./told-origin.ts";

/** More than all buffers of the system on the way hold. */
const LARGE_BYTES = 48 * 2 ** 20;

const HEAD_TOO_LARGE = { "content-length": "0", connection: "close" };

function told({ request, response }: ToldRequest): void {
  const { url = "" } = request;
  if (url.startsWith("/paused")) request.pause();
  if (url.startsWith("/early")) response.writeHead(413, HEAD_TOO_LARGE).end();
  if (url.startsWith("/moved")) response.writeHead(307, { location: "/elsewhere" }).end();
  if (!/^\/(?:echo|forwarded)/.test(url)) return;
  let body = "";
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => response.end(body));
}

const origin = await ToldOrigin.start(told);
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
const bytes = (text) => new TextEncoder().encode(text);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const send = (target, body) =>
  fetch("http://${origin.address}" + target, { method: "POST", body, duplex: "half" });
let given = 0;
export default definePhases({
  async requestFilter(session) {
    const { request } = session;
    const { target } = request;
    const [, how] = target.split("/");
    if (how === "given") return new Response(String(given));
    if (how === "forwarded") {
      const reader = request.body.getReader();
      log.info("read " + target + " " + new TextDecoder().decode((await reader.read()).value));
      return;
    }
    if (how === "none") return new Response(String(request.body));
    if (how === "back") return new Response(request.body);
    if (how === "echo") return send(target, request.body);
    if (how === "signal") {
      const { signal } = request;
      signal.addEventListener("abort", () => log.info("gone " + signal.reason.name));
      session.waitUntil(sleep(30_000));
      return new Response(new ReadableStream({ start(c) { c.enqueue(bytes("begun")); } }));
    }
    given = 0;
    const body = new ReadableStream({
      async pull(c) {
        if (how === "fails") throw new RangeError("my own");
        if (how === "paused") { given++; c.enqueue(new Uint8Array(65_536)); return; }
        if (given === 3) return c.close();
        if (given++ > 0) await sleep(20);
        c.enqueue(bytes("piece " + given + ","));
      },
      cancel(reason) { log.info("cancelled " + target); },
    });
    const asked = send(target, body);
    if (how === "paused") { asked.catch(() => 0); await sleep(500); return new Response("done"); }
    const response = await asked.catch((error) => new Response(error.name + ": " + error.message));
    return new Response(response.status + " " + await response.text());
  },
});`;

const tenant = {
  limits: { hookWallMs: 5_000, bufferedBodyBytes: 2 ** 20 },
  defaultUpstream: "main",
};
const upstreams = { main: [origin.address] };

async function post(
  stand: FetchStand,
  target: string,
  length: number,
  more = "",
): Promise<RawClient> {
  const client = await RawClient.to(stand.proxy.port);
  const line = `POST ${target} HTTP/1.1\r\nHost: a.example\r\n`;
  return client.send(`${line}Content-Length: ${length}\r\n${more}\r\n`);
}

for (const [lane, stand] of await bothLanes({ script: SCRIPT, tenant, upstreams })) {
  after(() => stand[Symbol.asyncDispose]());
  const logged = (text: string) => stand.proxy.waitFor(({ msg }) => msg === text);

  test(`${lane}: the pieces of a stream reach the origin as they are made`, async () => {
    const asking = stand.get(`/sent/${lane}`);
    const one = await origin.asked(`/sent/${lane}`);
    await until(() => one.received.includes("piece 1,"));
    await until(() => one.hasEnded);
    assert.equal(one.received, "piece 1,piece 2,piece 3,");
    assert.equal(one.request.headers["transfer-encoding"], "chunked");
    one.response.end("taken");
    assert.equal((await asking).body, "200 taken");
  });

  test(`${lane}: an origin that does not read makes the script wait`, async () => {
    assert.equal((await stand.get(`/paused/${lane}`)).body, "done");
    const before = Number((await stand.get("/given")).body);
    assert.ok(before > 0 && before * 65_536 < LARGE_BYTES, `${before} pieces`);
    await logged(`cancelled /paused/${lane}`);
  });

  test(`${lane}: an origin that answers before it has read the body is heard`, async () => {
    assert.equal((await stand.get(`/early/${lane}`)).body, "413 ");
  });

  test(`${lane}: a stream cannot be sent to where a redirect leads`, async () => {
    assert.match((await stand.get("/moved")).body, /TypeError: .*cannot be sent again$/);
  });

  test(`${lane}: the reason for which a stream fails is its fetch's`, async () => {
    assert.equal((await stand.get("/fails")).body, "200 RangeError: my own");
  });

  test(`${lane}: the request's body passes through the script to a service, as it comes`, async () => {
    await using client = await post(stand, `/echo/${lane}`, 10);
    client.send("first");
    const one = await origin.asked(`/echo/${lane}`);
    await until(() => one.received === "first");
    client.send("after");
    assert.equal((await client.response()).body, "firstafter");
  });

  test(`${lane}: the request's body is an answer, as it comes`, async () => {
    await using client = await post(stand, "/back", 10);
    client.send("first");
    await client.until(() => client.text.includes("first"), "first part");
    client.send("after");
    assert.equal((await client.response()).body, "firstafter");
    assert.equal((await stand.get("/none")).body, "null");
  });

  test(`${lane}: who waits for a 100 before its body has it in front of the answer`, async () => {
    await using client = await post(stand, "/back", 5, "Expect: 100-continue\r\n");
    const interim = await client.response();
    assert.deepEqual(interim.lines, ["HTTP/1.1 100 Continue"]);
    client.send("hello");
    const { status, body } = await client.response();
    assert.deepEqual([status, body], [200, "hello"]);
  });

  test(`${lane}: what has been read in part is forwarded whole, however large it is`, async () => {
    await using client = await post(stand, `/forwarded/${lane}`, 10);
    client.send("first");
    await logged(`read /forwarded/${lane} first`);
    client.send("after");
    assert.equal((await client.response()).body, "firstafter");
    await using other = await post(stand, "/forwarded/large", 3_000_000);
    other.send("x".repeat(3_000_000));
    assert.equal((await other.response()).body.length, 3_000_000);
  });

  test(`${lane}: a client that leaves aborts the signal of its request`, async () => {
    await using client = await RawClient.to(stand.proxy.port);
    client.send("GET /signal HTTP/1.1\r\nHost: a.example\r\n\r\n");
    await client.until(() => client.text.includes("begun"), "its beginning");
    client.socket.resetAndDestroy();
    await logged("gone AbortError");
  });
}
