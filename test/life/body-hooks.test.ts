// Bodies through their hooks: replaced, dropped, delayed, kept whole; and what the host puts right.

import assert from "node:assert/strict";
import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import zlib from "node:zlib";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `
import { definePhases, log } from "sluice";
const decoder = new TextDecoder();
const mode = (session) => session.request.headers.get("x-mode") ?? "";
export default definePhases({
  newCtx: () => ({ up: 0, down: 0, read: "" }),
  async requestFilter(session, ctx) {
    const kind = mode(session);
    if (kind === "read") ctx.read = await session.request.text();
    if (kind === "json") ctx.read = (await session.request.json()).name;
    if (kind === "catch") await session.request.bytes().catch((e) => { ctx.read = e.name; });
  },
  upstreamRequestFilter(session, ctx) {
    if (ctx.read) session.upstreamRequest.headers.set("x-read", ctx.read.slice(0, 40));
  },
  async requestBodyFilter(session, ctx) {
    ctx.up++;
    if (mode(session) === "slow") await new Promise((resolve) => setTimeout(resolve, 1));
    if (mode(session) === "up-throw") throw new Error("no more");
    if (mode(session) === "drop") return null;
    if (mode(session) === "upper") return decoder.decode(session.chunk).toUpperCase();
    if (mode(session) === "tail" && session.endOfStream) return decoder.decode(session.chunk) + "!";
  },
  async responseBodyFilter(session, ctx) {
    ctx.down++;
    if (mode(session) === "slow") await new Promise((resolve) => setTimeout(resolve, 1));
    if (mode(session) === "down-throw" && ctx.down > 1) throw new Error("no more");
    if (session.chunk.length > 100000 || mode(session) === "slow") return;
    return decoder.decode(session.chunk).replaceAll("foo", "foofoofoo");
  },
  logging(session, ctx) {
    log.info("done " + ctx.up + " " + ctx.down + " " + (session.error?.code ?? "ok"));
  },
});
`;

const PAGE = Buffer.from("<p>foo and foo</p>\n".repeat(50));
const FOLDED = PAGE.toString().replaceAll("foo", "foofoofoo");
const { gzipSync, brotliCompressSync, zstdCompressSync } = zlib;
const { gunzipSync, brotliDecompressSync, zstdDecompressSync } = zlib;
const CODERS = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync };

let proxy: TestProxy;
const origin = createServer(answer);

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming).catch(() => null);
  if (body === null) return;
  if (incoming.url === "/echo") {
    const { "x-read": read, "content-length": length } = incoming.headers;
    response.end(JSON.stringify({ body: body.toString(), read, length }));
    return;
  }
  if (incoming.url === "/bomb") {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    return;
  }
  if (incoming.url === "/stream") {
    response.write("foo one ");
    setImmediate(() => response.write("foo two "));
    setImmediate(() => setImmediate(() => response.end("foo three")));
    return;
  }
  const accepted = `${incoming.headers["accept-encoding"] ?? ""}`;
  const coding = (["gzip", "br", "zstd"] as const).find((name) => accepted.includes(name));
  const page = coding === undefined ? PAGE : CODERS[coding](PAGE);
  if (coding !== undefined) response.setHeader("content-encoding", coding);
  response.setHeader("etag", '"v1"');
  response.setHeader("x-range", incoming.headers.range ?? "none");
  response.setHeader("content-length", page.length);
  response.end(incoming.method === "HEAD" ? undefined : page);
}

before(async () => {
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const { port } = origin.address() as AddressInfo;
  proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: oneTenant(
      { main: [`127.0.0.1:${port}`] },
      { script: "main.ts", limits: { bufferedBodyBytes: 200_000 } },
    ),
  });
});

after(async () => {
  await proxy[Symbol.asyncDispose]();
  origin.closeAllConnections();
  origin.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

async function ask(path: string, asked: Asked = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, agent } = asked;
  const place = { host: "127.0.0.1", port: proxy.port, agent: agent ?? new Agent() };
  const outgoing = request({ ...place, path, method, headers });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on("response", resolve);
  outgoing.on("error", reject);
  outgoing.end(body);
  const response = await promise;
  const received = await buffer(response);
  return { status: response.statusCode ?? 0, headers: response.headers, body: received };
}

test("a page rewritten by its hook has a weak ETag and no ranges", async () => {
  const { headers, body } = await ask("/", { headers: { range: "bytes=0-9" } });
  assert.equal(body.toString(), FOLDED);
  assert.equal(headers.etag, 'W/"v1"');
  assert.equal(headers["x-range"], "none");
});

test("two rewritten pages on one connection are both right", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let i = 0; i < 2; i++) assert.equal((await ask("/", { agent })).body.toString(), FOLDED);
  } finally {
    agent.destroy();
  }
});

test("HEAD says nothing of a length that the hook would change", async () => {
  const { status, headers, body } = await ask("/", { method: "HEAD" });
  assert.equal(status, 200);
  assert.equal(body.length, 0);
  assert.equal(headers["content-length"], undefined);
});

const decoders = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
for (const [coding, decode] of Object.entries(decoders)) {
  test(`a ${coding} response is decoded for its hook and encoded again`, async () => {
    const { headers, body } = await ask("/", { headers: { "accept-encoding": coding } });
    assert.equal(headers["content-encoding"], coding);
    assert.equal(decode(body).toString(), FOLDED);
  });
}

test("a coding that cannot be decoded is not asked for", async () => {
  const { headers, body } = await ask("/", { headers: { "accept-encoding": "exotic" } });
  assert.equal(headers["content-encoding"], undefined);
  assert.equal(body.toString(), FOLDED);
});

test("chunks of a stream are rewritten one by one", async () => {
  const { body } = await ask("/stream");
  assert.equal(body.toString(), "foofoofoo one foofoofoo two foofoofoo three");
});

const post = (mode: string, body: string | Buffer): Asked => ({
  method: "POST",
  headers: { "x-mode": mode },
  body,
});

const echoed = async (mode: string, body: string): Promise<Record<string, string>> =>
  JSON.parse((await ask("/echo", post(mode, body))).body.toString());

test("a request body is replaced, dropped, or continued at its end", async () => {
  assert.equal((await echoed("upper", "hello")).body, "HELLO");
  assert.equal((await echoed("drop", "hello")).body, "");
  assert.equal((await echoed("tail", "hello")).body, "hello!");
});

test("requestFilter reads the whole body, which is forwarded all the same", async () => {
  const { body, read } = await echoed("read", "the whole body");
  assert.equal(read, "the whole body");
  assert.equal(body, "the whole body");
  assert.equal((await echoed("json", '{"name":"Ada"}')).read, "Ada");
});

test("a body too large to read whole answers 413, or goes on if the hook catches it", async () => {
  const large = Buffer.alloc(300_000, "x");
  assert.equal((await ask("/echo", post("read", large))).status, 413);
  const { status, body } = await ask("/echo", post("catch", large));
  assert.equal(status, 200);
  const said = JSON.parse(body.toString());
  assert.equal(said.read, "BodyTooLargeError");
  assert.equal(said.body.length, 300_000);
});

test("hooks that await in both directions lose no write to ctx", async () => {
  const large = Buffer.alloc(1_000_000, "y");
  const { body } = await ask("/echo", post("slow", large));
  assert.equal(JSON.parse(body.toString()).body.length, 1_000_000);
  await proxy.waitFor(() =>
    proxy.scriptLines().some((line) => /^done \d{2,} \d{2,} ok$/.test(line)),
  );
});

test("an error in a request body's hook ends the request with the script's error", async () => {
  const { status, body } = await ask("/echo", post("up-throw", "hello"));
  assert.equal(status, 500);
  assert.equal(JSON.parse(body.toString()).code, "script_error");
});

test("an error in a response body's hook breaks the response off, or is answered", async () => {
  const asked = ask("/stream", { headers: { "x-mode": "down-throw" } });
  // answered if all of it was there when the first chunk was filtered, so that nothing was out yet
  const status = await asked.then(
    ({ status }) => status,
    (error) => error.code,
  );
  assert.ok(status === 500 || status === "ECONNRESET", `${status}`);
});

test("a body that decodes to far more than its size is refused, or broken off", async () => {
  const asked = ask("/bomb", { headers: { "accept-encoding": "gzip" } });
  const status = await asked.then(
    (answer) => answer.status,
    (error) => error.code,
  );
  assert.ok(status === 502 || status === "ECONNRESET", `${status}`);
  const found = await proxy.waitFor((line) => line.msg === "request" && line.target === "/bomb");
  assert.equal(found.error, "upstream_protocol");
});
