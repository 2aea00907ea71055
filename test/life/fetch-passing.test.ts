// A fetch's response that a script returns: its body goes from the origin to the client, raw or
// decoded as its headers say, at the client's pace, whatever becomes of the isolate.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bothLanes } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";
import { RawClient, values } from "./raw-client.ts";

const TEXT = "a line that repeats itself\n".repeat(20_000);
const LARGE_BYTES = 64 * 2 ** 20;
/** Of a body that is cut: how far it came, and whether its connection is closed. */
const slow = { sent: 0, isClosed: false };

const origin = await httpOrigin(async (request, response) => {
  const { url = "" } = request;
  response.setHeader("x-origin", "yes");
  if (url === "/gzip") {
    response.setHeader("content-encoding", "gzip");
    response.setHeader("etag", '"raw"');
    return response.end(gzipSync(TEXT));
  }
  if (url === "/plain") return response.end(TEXT);
  if (url === "/small") return response.end("small");
  if (url === "/broken") {
    response.write("x".repeat(100_000), () => response.destroy());
    return response;
  }
  if (url === "/large") {
    slow.sent = 0;
    slow.isClosed = false;
    response.once("close", () => {
      slow.isClosed = true;
    });
    response.setHeader("content-length", LARGE_BYTES);
    const piece = Buffer.alloc(65_536, "x");
    for (; slow.sent < LARGE_BYTES && !response.destroyed; slow.sent += piece.length) {
      if (!response.write(piece))
        await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    return response.end();
  }
  return response.writeHead(404).end();
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases } from "sluice";
let kept;
export default definePhases({
  async requestFilter({ request }) {
    const [, how, path] = /^\\/([^/]*)(\\/.*)$/.exec(request.target) ?? [];
    if (how === "loop") for (;;);
    if (how === "kept") {
      if (kept === undefined) { kept = await fetch("http://${origin.address}/plain"); return new Response("kept"); }
      return kept;
    }
    const response = await fetch("http://${origin.address}" + path);
    if (how === "as-it-is") return response;
    if (how === "edited") {
      const edited = new Response(response.body, response);
      edited.headers.set("x-own", "1");
      return edited;
    }
    const headers = new Headers(response.headers);
    if (how === "decoded") headers.delete("content-encoding");
    if (how === "lying") headers.set("content-encoding", "br");
    if (how === "read") { await response.clone().text(); return response; }
    return new Response(response.body, { headers });
  },
  responseFilter({ response }) { response.headers.set("x-filtered", "1"); },
  logging({ response, bytes }) { console.log("logged", response?.status, bytes.sent); },
});`;

for (const [lane, stand] of await bothLanes({
  script: SCRIPT,
  tenant: { limits: { hookMs: 100 } },
})) {
  after(() => stand[Symbol.asyncDispose]());

  test(`${lane}: a returned response is the origin's, byte for byte`, async () => {
    const answer = await stand.get("/as-it-is/plain");
    assert.deepEqual([answer.status, answer.body], [200, TEXT]);
    assert.deepEqual(values(answer, "x-origin"), ["yes"]);
    assert.deepEqual(values(answer, "content-length"), [`${TEXT.length}`]);
    assert.deepEqual(values(answer, "x-filtered"), []);
    assert.equal((await stand.get("/as-it-is/small")).body, "small");
    assert.equal((await stand.get("/as-it-is/none")).status, 404);
  });

  test(`${lane}: new Response(body, response) passes it with other headers`, async () => {
    const answer = await stand.get("/edited/plain");
    assert.deepEqual([answer.body === TEXT, values(answer, "x-own")], [true, ["1"]]);
  });

  test(`${lane}: a coded body goes raw, and decoded where the script takes the coding away`, async () => {
    const raw = await stand.get("/as-it-is/gzip");
    assert.deepEqual(Buffer.from(raw.body, "latin1"), gzipSync(TEXT));
    assert.deepEqual(values(raw, "content-encoding"), ["gzip"]);
    assert.deepEqual(values(raw, "etag"), ['"raw"']);
    const decoded = await stand.get("/decoded/gzip");
    assert.equal(decoded.body, TEXT);
    assert.deepEqual(values(decoded, "content-encoding"), []);
    const lying = await stand.get("/lying/gzip");
    assert.match(lying.body, /script_result/);
    assert.match((await stand.get("/read/gzip")).body, /script_result/);
  });

  test(`${lane}: a response whose hook is over has no body any more`, async () => {
    assert.equal((await stand.get("/kept/")).body, "kept");
    assert.match((await stand.get("/kept/")).body, /script_result/);
  });

  test(`${lane}: a body that breaks off breaks the answer off`, async () => {
    await assert.rejects(stand.get("/as-it-is/broken"), /closed before whole response/);
    await stand.proxy.waitFor(({ error }) => error === "upstream_aborted");
  });

  test(`${lane}: a client that does not read makes the origin wait, and its end is the origin's`, async () => {
    await using client = await RawClient.to(stand.proxy.port);
    client.socket.pause();
    client.send("GET /as-it-is/large HTTP/1.1\r\nHost: a.example\r\n\r\n");
    let sent = -1;
    while (slow.sent === 0 || slow.sent !== sent) {
      sent = slow.sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(slow.sent < LARGE_BYTES / 2, `${slow.sent} bytes`);
    client.socket.resetAndDestroy();
    while (!slow.isClosed) await new Promise((resolve) => setTimeout(resolve, 5));
    await stand.proxy.waitFor(({ error }) => error === "client_aborted");
  });

  test(`${lane}: the isolate may die half-way, and the body goes on`, async () => {
    await using client = await RawClient.to(stand.proxy.port);
    client.socket.pause();
    client.send("GET /as-it-is/large HTTP/1.1\r\nHost: a.example\r\n\r\n");
    while (slow.sent === 0 || slow.isClosed) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.match((await stand.get("/loop/")).body, /script_timeout/);
    client.socket.resume();
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    while (client.received < LARGE_BYTES && !client.isClosed) await wait();
    assert.ok(client.received >= LARGE_BYTES);
    assert.match(client.text.slice(-LARGE_BYTES), /^x+$/);
  });
}
