// `session.bodies`: a hook says of one request or response how its body meets the body hooks. What
// passes is not touched: no coding, no length, no range, no validator.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `
import { definePhases, log } from "sluice";
const decoder = new TextDecoder();
const isWord = (text) => text === "pass" || text === "stream";
const modeOf = (text) => isWord(text) ? text : { bufferBytes: Number(text) };
export default definePhases({
  newCtx: () => ({ chunks: 0, whole: false }),
  requestFilter({ request, bodies }) {
    const { headers } = request;
    if (headers.has("x-request")) bodies.request = modeOf(headers.get("x-request"));
    if (headers.has("x-early")) bodies.response = modeOf(headers.get("x-early"));
  },
  upstreamRequestFilter({ upstreamRequest, bodies }) {
    upstreamRequest.headers.set("x-modes", JSON.stringify([bodies.request, bodies.response]));
  },
  requestBodyFilter: ({ chunk }) => decoder.decode(chunk).toUpperCase(),
  upstreamResponseFilter({ response, bodies, request }) {
    if (Number(response.headers.get("content-length")) > 1000) bodies.response = "pass";
    if (request.headers.has("x-late")) bodies.response = modeOf(request.headers.get("x-late"));
  },
  responseFilter({ request, bodies }) {
    if (request.path === "/too-late") bodies.request = "pass";
  },
  responseBodyFilter({ chunk, endOfStream, bodies, request }, ctx) {
    if (request.path === "/much-too-late") bodies.response = "pass";
    ctx.chunks++;
    if (ctx.chunks === 1 && endOfStream && chunk.length > 0) ctx.whole = true;
    return decoder.decode(chunk).replaceAll("foo", "bar");
  },
  logging({ log }, ctx) {
    log.set("chunks", ctx.chunks);
    log.set("whole", ctx.whole);
  },
});
`;

const PAGE = Buffer.from("<p>foo</p>\n");
const DOWNLOAD = Buffer.alloc(5_000, "foo");
const CODED = gzipSync(DOWNLOAD);
const DIGEST = createHash("sha256").update(DOWNLOAD).digest("base64");

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const path = incoming.url?.split("?")[0];
  const { range, "accept-encoding": coding, "x-modes": modes } = incoming.headers;
  response.setHeader("x-got-range", range ?? "none");
  response.setHeader("x-got-coding", coding ?? "none");
  response.setHeader("x-got-modes", modes ?? "none");
  if (path === "/echo") {
    const { "content-length": length, "transfer-encoding": framing } = incoming.headers;
    response.setHeader("x-got-length", length ?? framing ?? "none");
    return void response.end(body);
  }
  if (path === "/parts") {
    response.write("foo one ");
    return void setImmediate(() => response.end("foo two"));
  }
  const sent = path === "/coded" ? CODED : path === "/download" ? DOWNLOAD : PAGE;
  if (sent === CODED) response.setHeader("content-encoding", "gzip");
  response.setHeader("etag", '"v1"');
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("content-digest", `sha-256=:${DIGEST}:`);
  response.setHeader("content-length", sent.length);
  response.end(sent);
}

const origin = createServer(answer);
let proxy: TestProxy;

before(async () => {
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const { port } = origin.address() as AddressInfo;
  const common = {
    script: "main.ts",
    upstreams: { main: { peers: [`127.0.0.1:${port}`] } },
    defaultUpstream: "main",
    limits: { bufferedBodyBytes: 200_000 },
  };
  proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      tenants: {
        inline: { ...common, hosts: ["inline.example"] },
        process: { ...common, hosts: ["process.example"], isolation: "process" },
      },
    },
  });
});

after(async () => {
  await proxy[Symbol.asyncDispose]();
  origin.closeAllConnections();
  origin.close();
});

for (const lane of ["inline", "process"]) {
  const ask = async (path: string, given: Record<string, string> = {}, sent = "") => {
    const length = sent === "" ? {} : { "content-length": `${sent.length}` };
    const headers = { host: `${lane}.example`, ...given, ...length };
    const method = sent === "" ? "GET" : "POST";
    const outgoing = request({ port: proxy.port, path, method, headers, agent: false });
    outgoing.end(sent);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const body = await buffer(response);
    return { status: response.statusCode, headers: response.headers, body };
  };

  let asked = 0;
  const fieldsOf = async (path: string, headers: Record<string, string>) => {
    const target = `${path}?${lane}-${++asked}`;
    await ask(target, headers);
    const line = await proxy.waitFor((line) => line.msg === "request" && line.target === target);
    return line.fields as Record<string, unknown>;
  };

  test(`${lane}: a download that passes keeps its length, validators, ranges and digest`, async () => {
    const { headers, body } = await ask("/download");
    assert.equal(body.toString(), DOWNLOAD.toString());
    assert.equal(headers["content-length"], `${DOWNLOAD.length}`);
    assert.equal(headers["transfer-encoding"], undefined);
    assert.equal(headers.etag, '"v1"');
    assert.equal(headers["accept-ranges"], "bytes");
    assert.equal(headers["content-digest"], `sha-256=:${DIGEST}:`);
  });

  test(`${lane}: a page beside it goes through its hook, and says nothing of its bytes`, async () => {
    const { headers, body } = await ask("/page");
    assert.equal(body.toString(), "<p>bar</p>\n");
    assert.equal(headers.etag, 'W/"v1"');
    assert.equal(headers["accept-ranges"], undefined);
    assert.equal(headers["content-digest"], undefined);
  });

  test(`${lane}: a coded body that passes is the one that came, byte for byte`, async () => {
    const { headers, body } = await ask("/coded", { "x-late": "pass" });
    assert.equal(headers["content-encoding"], "gzip");
    assert.deepEqual(body, CODED);
  });

  test(`${lane}: what is to pass before it is asked for is asked for as the client wants it`, async () => {
    const wanted = { range: "bytes=0-9", "accept-encoding": "exotic" };
    const passed = await ask("/download", { ...wanted, "x-early": "pass" });
    assert.equal(passed.headers["x-got-range"], "bytes=0-9");
    assert.equal(passed.headers["x-got-coding"], "exotic");
    assert.equal(passed.headers["x-got-modes"], '["stream","pass"]');
    const filtered = await ask("/page", wanted);
    assert.equal(filtered.headers["x-got-range"], "none");
    assert.notEqual(filtered.headers["x-got-coding"], "exotic");
  });

  test(`${lane}: what passed when the request was sent is not filtered later`, async () => {
    assert.equal((await ask("/page", { "x-early": "pass", "x-late": "stream" })).status, 500);
    const { msg } = await proxy.waitFor(({ msg }) => /session\.bodies/.test(`${msg}`));
    assert.match(`${msg}`, /expected response to stay "pass", as it was when the request was sent/);
  });

  test(`${lane}: one response is kept whole, another one comes in its chunks`, async () => {
    assert.equal((await fieldsOf("/parts", { "x-late": "1000" })).whole, true);
    assert.equal((await ask("/parts", { "x-late": "1000" })).body.toString(), "bar one bar two");
    assert.equal((await ask("/page", { "x-late": "5" })).status, 502);
  });

  test(`${lane}: a hook whose body passes is not called`, async () => {
    assert.deepEqual(await fieldsOf("/page", { "x-late": "pass" }), { chunks: 0, whole: false });
  });

  test(`${lane}: a request's body passes with its length, or is filtered, as its hook says`, async () => {
    const passed = await ask("/echo", { "x-request": "pass" }, "hello");
    assert.equal(passed.body.toString(), "hello");
    assert.equal(passed.headers["x-got-length"], "5");
    const filtered = await ask("/echo", {}, "hello");
    assert.equal(filtered.body.toString(), "HELLO");
    assert.equal(filtered.headers["x-got-length"], "chunked");
    assert.equal((await ask("/echo", { "x-request": "3" }, "hello")).status, 413);
  });

  test(`${lane}: what is none of them, or comes too late, is an error that says so`, async () => {
    for (const [path, mode] of [
      ["/page", "0"],
      ["/page", "x"],
      ["/too-late", "stream"],
    ] as const) {
      assert.equal((await ask(path, { "x-late": mode })).status, 500, path);
    }
    const answered = await ask("/much-too-late").catch(() => null);
    assert.ok(answered === null || answered.status === 500);
    for (const text of [
      "session.bodies.response.bufferBytes: expected a whole number from 1",
      "session.bodies.request can be set up to upstreamRequestFilter, and not in responseFilter",
      "session.bodies.response can be set up to responseFilter, and not in responseBodyFilter",
    ]) {
      await proxy.waitFor(({ msg, tenant }) => tenant === lane && `${msg}`.includes(text));
    }
  });
}
