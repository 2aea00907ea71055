// What belongs to one connection stays on it, and all else passes byte for byte, in both directions
// (RFC 9110 section 7.6.1).

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { answering, ok, requestText } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

/** Header lines that reach the origin for these, without those that the proxy adds. */
async function linesUp(...lines: string[]): Promise<string[]> {
  await origin.reset(answering(ok()));
  await exchange(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines.join("\r\n")}\r\n\r\n`);
  const added = /^(?:Host|X-Forwarded-(?:For|Proto|Host)|Via|X-Request-Id): /;
  return requestText(origin.text)
    .lines.slice(1)
    .filter((line) => !added.test(line));
}

/** Header lines that reach the client for these, without those that the proxy adds. */
async function linesDown(...lines: string[]): Promise<string[]> {
  await origin.reset(answering(ok("", lines.map((line) => `${line}\r\n`).join(""))));
  const { lines: all } = await exchange(proxy.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const added = /^(?:Date|X-Request-Id|Content-Length): /;
  return all.slice(1).filter((line) => !added.test(line));
}

test("fields of one hop do not reach the origin", async () => {
  assert.deepEqual(
    await linesUp(
      "Connection: keep-alive",
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "TE: deflate",
      "Proxy-Authorization: Basic x",
      "Proxy-Authenticate: Basic",
      "HTTP2-Settings: AAMA",
      "Upgrade: h2c",
      "Accept: x",
    ),
    ["Accept: x"],
  );
});

test("who accepts trailers is known to the origin, by our own word, and all else of TE is not", async () => {
  const ours = ["Connection: TE", "TE: trailers"];
  assert.deepEqual(await linesUp("Connection: te", "TE: deflate, trailers"), ours);
  assert.deepEqual(await linesUp("TE: trailers;q=0.5"), []);
});

test("fields of one hop do not reach the client", async () => {
  assert.deepEqual(
    await linesDown(
      "Connection: keep-alive",
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "Proxy-Authenticate: Basic",
      "Upgrade: h2c",
      "X: y",
    ),
    ["X: y"],
  );
});

test("fields that Connection names do not pass, in any case and in any of its lines", async () => {
  const named = ["Connection: x-one, X-TWO", "Connection: ,x-three ,", "Connection: close"];
  const fields = ["X-One: 1", "x-two: 2", "X-THREE: 3", "X-Four: 4"];
  assert.deepEqual(await linesUp(...named, ...fields), ["X-Four: 4"]);
  assert.deepEqual(await linesDown(...named.slice(0, 2), ...fields), ["X-Four: 4"]);
});

test("Connection cannot take away what authenticates or frames a request", async () => {
  const kept = ["Authorization: Basic x", "Cookie: a=1"];
  const lines = await linesUp(
    "Connection: host, authorization, cookie, x-forwarded-for, x-request-id, via",
    ...kept,
  );
  assert.deepEqual(lines, kept);
  const { lines: all } = requestText(origin.text);
  for (const name of ["Host", "X-Forwarded-For", "X-Request-Id", "Via"]) {
    assert.equal(values({ lines: all }, name).length, 1, name);
  }
});

test("Connection cannot take away a length", async () => {
  await origin.reset(answering(({ body }) => ok(body)));
  const head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: 2";
  assert.equal((await exchange(proxy.port, `${head}\r\n\r\nhi`)).body, "hi");
  assert.match(origin.text, /\r\nContent-Length: 2\r\n/);
});

test("lines keep their order, their case and their bytes", async () => {
  const lines = ["B: 1", "a: 2", "B: \xe4\xff", "__proto__: x", "a:no blank", "C:", "D:  two  "];
  assert.deepEqual(await linesUp(...lines), lines);
  assert.deepEqual(await linesDown(...lines), lines);
});

test("several Set-Cookie lines stay several", async () => {
  const cookies = ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Set-Cookie: c=3, d"];
  assert.deepEqual(await linesDown(...cookies), cookies);
});

test("an Upgrade other than websocket is not forwarded, and its body is one", async () => {
  await origin.reset(answering(({ body }) => ok(body)));
  const response = await exchange(
    proxy.port,
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
      "HTTP2-Settings: AAMA\r\nContent-Length: 2\r\n\r\nhi",
  );
  assert.equal(response.body, "hi");
  assert.doesNotMatch(origin.text, /upgrade|http2-settings/i);
});

test("a response keeps its own reason and gets no second Date", async () => {
  await origin.reset(
    answering("HTTP/1.1 299 Quite Fine\r\nDate: then\r\nContent-Length: 0\r\n\r\n"),
  );
  const response = await exchange(proxy.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(response.lines[0], "HTTP/1.1 299 Quite Fine");
  assert.deepEqual(values(response, "date"), ["then"]);
});

test("Range and If-Range pass, and so does the part that comes back", async () => {
  await origin.reset(
    answering(
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab",
    ),
  );
  await using client = await RawClient.to(proxy.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nIf-Range: "x"\r\n\r\n');
  const response = await client.response();
  assert.equal(response.status, 206);
  assert.equal(response.body, "ab");
  assert.match(origin.text, /\r\nRange: bytes=0-1\r\nIf-Range: "x"\r\n/);
});
