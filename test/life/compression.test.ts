// Answers that a tenant has compressed: for clients that accept it, behind its hooks, over HTTP/1.1
// and HTTP/2; and all those that stay as they are.

import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";
import { Http2Client } from "./http2-client.ts";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, type RawResponse, values } from "./raw-client.ts";
import { answering } from "./raw-origin.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request }) {
    if (request.path === "/script") return Response.json({ text: "a".repeat(2_000) });
    return undefined;
  },
  responseFilter({ response }) {
    response.headers.set("x-seen", response.headers.get("content-length") ?? "none");
  },
});`;

const { origin, proxy } = await nearSide({
  files: { "main.ts": SCRIPT },
  config: { listeners: [{ address: "127.0.0.1:0", http2: true }] },
  tenant: { script: "main.ts", compression: { guardSecrets: true } },
});

const TEXT = "All work and no play makes Jack a dull boy. ".repeat(100);
const PLAIN = "Content-Type: text/plain; charset=utf-8\r\n";
const DECODE = {
  zstd: zlib.zstdDecompressSync,
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
} as const;

const whole = (headers: string, body = TEXT, status = 200): string =>
  `HTTP/1.1 ${status} x\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

const get = (more = "", method = "GET", path = "/"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`;

const all = "Accept-Encoding: gzip, deflate, br, zstd\r\n";

const one = (head: RawResponse, name: string): string | undefined => values(head, name)[0];

test("a client gets the coding that it likes best, and ours where it likes several", async () => {
  const cases = [
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0.5, gzip;q=0.8, zstd;q=0", "gzip"],
    ["*", "zstd"],
    ["zstd;q=0, *;q=0.1", "br"],
    ["GZIP ; q=1.000", "gzip"],
  ] as const;
  await origin.reset(
    answering(() => whole(`${PLAIN}ETag: "1"\r\nAccept-Ranges: bytes\r\nDigest: x=y\r\n`)),
  );
  for (const [accepted, coding] of cases) {
    const answer = await exchange(proxy.port, get(`Accept-Encoding: ${accepted}\r\n`));
    assert.equal(one(answer, "content-encoding"), coding, accepted);
    assert.deepEqual(values(answer, "vary"), ["Accept-Encoding"]);
    assert.equal(one(answer, "etag"), 'W/"1"');
    assert.deepEqual([one(answer, "accept-ranges"), one(answer, "digest")], [undefined, undefined]);
    assert.equal(one(answer, "content-length"), `${answer.body.length}`);
    // hooks saw it as it came
    assert.equal(one(answer, "x-seen"), `${TEXT.length}`);
    const body = Buffer.from(answer.body, "latin1");
    assert.ok(body.length < TEXT.length / 4);
    assert.equal(DECODE[coding](body).toString(), TEXT);
  }
});

test("what is not to be compressed stays as it came, with Vary where another client would get less", async () => {
  const gif = "Content-Type: image/gif\r\n";
  const cases: readonly (readonly [what: string, vary: string, asked: string, answer: string])[] = [
    ["no Accept-Encoding", "Accept-Encoding", "", whole(PLAIN)],
    ["none that we know", "Accept-Encoding", "Accept-Encoding: x, gzip;q=0\r\n", whole(PLAIN)],
    ["a weight that is none", "Accept-Encoding", "Accept-Encoding: gzip;q=2\r\n", whole(PLAIN)],
    ["a part", "Accept-Encoding", `${all}Range: bytes=0-9\r\n`, whole(PLAIN)],
    ["a cookie", "Accept-Encoding", all, whole(`${PLAIN}Set-Cookie: a=b\r\n`)],
    ["another site", "Accept-Encoding", `${all}Sec-Fetch-Site: cross-site\r\n`, whole(PLAIN)],
    ["coded already", "", all, whole(`${PLAIN}Content-Encoding: gzip\r\n`)],
    ["no-transform", "", all, whole(`${PLAIN}Cache-Control: max-age=1, no-transform\r\n`)],
    ["no-transform", "Accept-Encoding", `${all}Cache-Control: no-transform\r\n`, whole(PLAIN)],
    ["a picture", "", all, whole(gif)],
    ["no type", "", all, whole("")],
    ["short", "", all, whole(PLAIN, "short")],
    ["206", "", all, whole(`${PLAIN}Content-Range: bytes 0-4399/9999\r\n`, TEXT, 206)],
  ];
  for (const [what, vary, asked, text] of cases) {
    await origin.reset(answering(() => text));
    const answer = await exchange(proxy.port, get(asked));
    assert.equal(answer.body, text.slice(text.indexOf("\r\n\r\n") + 4), what);
    assert.equal(one(answer, "vary") ?? "", vary, what);
    assert.equal(one(answer, "content-length"), `${answer.body.length}`, what);
  }
});

test("HEAD and 304 say what the compressed answer would, and have no body", async () => {
  await origin.reset(
    answering(() => `HTTP/1.1 200 x\r\n${PLAIN}Content-Length: 4400\r\nETag: "1"\r\n\r\n`),
  );
  const head = await exchange(proxy.port, get(all, "HEAD"));
  assert.deepEqual(
    [one(head, "content-encoding"), one(head, "content-length"), one(head, "etag"), head.body],
    ["zstd", undefined, 'W/"1"', ""],
  );
  await origin.reset(answering(() => 'HTTP/1.1 304 x\r\nETag: "1"\r\n\r\n'));
  const fresh = await exchange(proxy.port, get(`${all}If-None-Match: W/"1"\r\n`));
  assert.deepEqual([one(fresh, "etag"), one(fresh, "vary")], ['W/"1"', "Accept-Encoding"]);
  // who has what was not compressed may go on to ask for parts of it
  for (const had of ['"1"', '"0", "1"', "*"]) {
    const whole = await exchange(proxy.port, get(`${all}If-None-Match: ${had}\r\n`));
    assert.equal(one(whole, "etag"), '"1"', had);
  }
  await origin.reset(answering(() => "HTTP/1.1 204 x\r\n\r\n"));
  assert.equal(one(await exchange(proxy.port, get(all)), "content-encoding"), undefined);
});

test("a script's own answers are compressed, and HTTP/2 clients get the same", async () => {
  const answer = await exchange(proxy.port, get("Accept-Encoding: br\r\n", "GET", "/script"));
  const body = zlib.brotliDecompressSync(Buffer.from(answer.body, "latin1"));
  assert.equal(JSON.parse(body.toString()).text.length, 2_000);
  await origin.reset(answering(() => whole(PLAIN)));
  await using client = await Http2Client.to(proxy.url);
  const { headers } = await client.get("/", { "accept-encoding": "gzip" });
  assert.equal(headers["content-encoding"], "gzip");
  assert.ok(Number(headers["content-length"]) < TEXT.length / 4);
  const refused = await client.get("/", { "accept-encoding": "identity" });
  assert.deepEqual([refused.headers["content-encoding"], refused.body], [undefined, TEXT]);
});

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

test("a long body streams through every coding, to a client that reads slowly too", async () => {
  const lines = Array.from({ length: 40_000 }, (_, i) => `${i} ${(i * 7_919) % 10_007}\n`).join("");
  for (const coding of ["zstd", "br", "gzip"] as const) {
    await origin.reset(
      answering(
        () =>
          `HTTP/1.1 200 x\r\n${PLAIN}Transfer-Encoding: chunked\r\n\r\n${chunk(lines)}0\r\n\r\n`,
      ),
    );
    await using client = await RawClient.to(proxy.port);
    client.send(get(`Accept-Encoding: ${coding}\r\n`));
    await client.until(() => client.received > 0, "the first bytes");
    client.socket.pause();
    await new Promise(setImmediate);
    client.socket.resume();
    const answer = await client.response();
    assert.equal(one(answer, "transfer-encoding"), "chunked");
    assert.equal(DECODE[coding](Buffer.from(answer.body, "latin1")).toString(), lines, coding);
  }
});

test("an event comes before the next one is made", async () => {
  for (const coding of ["zstd", "br", "gzip"] as const) {
    await origin.reset((connection) => {
      if (connection.heads.length === 0) return;
      const type = "Content-Type: text/event-stream;charset=utf-8\r\n";
      connection.send(`HTTP/1.1 200 x\r\n${type}Transfer-Encoding: chunked\r\n\r\n`);
      connection.send(chunk("data: first\n\n"));
    });
    await using client = await RawClient.to(proxy.port);
    client.send(get(`Accept-Encoding: ${coding}\r\n`));
    const decoded = (): string => partOf(client.text, coding);
    await client.until(() => decoded() === "data: first\n\n", `the event through ${coding}`);
  }
});

/** What can be read so far of a chunked answer that goes on. */
function partOf(text: string, coding: keyof typeof DECODE): string {
  const at = text.indexOf("\r\n\r\n");
  const parts = [...text.slice(at + 4).matchAll(/([0-9a-f]+)\r\n/g)];
  let body = "";
  for (let from = at + 4; from < text.length && parts.length > 0; ) {
    const lineEnd = text.indexOf("\r\n", from);
    const size = Number.parseInt(text.slice(from, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(size) || text.length < lineEnd + 2 + size) break;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    from = lineEnd + 2 + size + 2;
  }
  const flush = {
    zstd: zlib.constants.ZSTD_e_flush,
    br: zlib.constants.BROTLI_OPERATION_FLUSH,
    gzip: zlib.constants.Z_SYNC_FLUSH,
  }[coding];
  try {
    return DECODE[coding](Buffer.from(body, "latin1"), { finishFlush: flush }).toString();
  } catch {
    return "";
  }
}

test("what breaks off at the origin breaks off at the client, and the next one is served", async () => {
  await origin.reset((connection) => {
    if (connection.heads.length === 0) return;
    connection.send(`HTTP/1.1 200 x\r\n${PLAIN}Content-Length: 99999\r\n\r\n${TEXT}`);
    connection.socket.end();
  });
  await using client = await RawClient.to(proxy.port);
  client.send(get(all));
  await client.until(() => client.isClosed, "the end");
  assert.doesNotMatch(client.text, /\r\n0\r\n\r\n$/);
  await origin.reset(answering(() => whole(PLAIN)));
  assert.equal((await exchange(proxy.port, get(all))).status, 200);
});
