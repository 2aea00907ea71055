// Chunked bodies both ways: decoded strictly, framed anew, and never finished for a sender that
// did not finish (RFC 9112 section 7.1).

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { answering, ok, requestText } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const REFUSED: readonly (readonly [why: string, status: number, body: string])[] = [
  ["a size with a prefix", 400, "0x5\r\nhello\r\n0\r\n\r\n"],
  ["a size with a sign", 400, "+5\r\nhello\r\n0\r\n\r\n"],
  ["a size with a blank in front", 400, " 5\r\nhello\r\n0\r\n\r\n"],
  ["a size with a blank behind", 400, "5 \r\nhello\r\n0\r\n\r\n"],
  ["a size with an underscore", 400, "0_5\r\nhello\r\n0\r\n\r\n"],
  ["an empty size", 400, "\r\nhello\r\n0\r\n\r\n"],
  ["a size of 2^64", 400, "10000000000000000\r\nhello\r\n0\r\n\r\n"],
  ["a size of 2^53", 400, "20000000000000\r\nhello\r\n0\r\n\r\n"],
  ["a size line of LF", 400, "5\nhello\r\n0\r\n\r\n"],
  ["a size line of CR", 400, "5\rhello\r\n0\r\n\r\n"],
  ["data that ends with LF", 400, "5\r\nhello\n0\r\n\r\n"],
  ["data longer than its size", 400, "5\r\nhellooo\r\n0\r\n\r\n"],
  ["data shorter than its size", 400, "5\r\nhell\r\n0\r\n\r\n"],
  ["an extension with a bare LF", 400, "5;a\nb\r\nhello\r\n0\r\n\r\n"],
  ["an extension with a bare CR", 400, "5;a\rb\r\nhello\r\n0\r\n\r\n"],
  ["an extension of 20,000 bytes", 400, `5;${"a".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ["extensions beyond all measure", 400, `${`1;${"a".repeat(500)}\r\nx\r\n`.repeat(99)}0\r\n\r\n`],
  ["a last chunk that ends with LF", 400, "5\r\nhello\r\n0\n\n"],
  ["a trailer with a blank before its colon", 400, "0\r\nX : y\r\n\r\n"],
  ["a folded trailer", 400, "0\r\nX: y\r\n z\r\n\r\n"],
  ["trailers of 9,000 bytes", 431, `0\r\nX: ${"y".repeat(9_000)}\r\n\r\n`],
];

for (const [why, status, body] of REFUSED) {
  test(`${why} is answered ${status}, and the origin gets no end of the body`, async () => {
    await origin.reset();
    await using client = await RawClient.to(proxy.port);
    client.send(HEAD + body);
    const response = await client.response();
    assert.equal(response.status, status);
    assert.deepEqual(values(response, "connection"), ["close"]);
    await client.closed();
    assert.doesNotMatch(origin.text, /\r\n0\r\n/);
    await origin.until(() => origin.connections.every(({ hasEnded }) => hasEnded), "its end");
  });
}

test("chunks are framed anew: extensions, zeros and upper case do not pass", async () => {
  await origin.reset(answering(ok()));
  const body = '5;a=1;b="c;d"\r\nhello\r\n0000A\r\n0123456789\r\n000;x\r\n\r\n';
  assert.equal((await exchange(proxy.port, HEAD + body)).status, 200);
  const up = requestText(origin.text);
  assert.deepEqual(values(up, "transfer-encoding"), ["chunked"]);
  assert.deepEqual(values(up, "content-length"), []);
  assert.equal(chunkedContent(up.body), "hello0123456789");
  assert.match(up.body, /\r\n0\r\n\r\n$/);
});

test("a chunked body larger than any buffer arrives whole", async () => {
  let received = 0;
  await origin.reset((connection) => {
    received += connection.text.length;
    const isWhole = connection.text.endsWith("0\r\n\r\n");
    connection.text = connection.text.slice(-5);
    if (isWhole) connection.send(ok(`${received}`));
  });
  const chunk = `400\r\n${"x".repeat(1_024)}\r\n`;
  const response = await exchange(proxy.port, `${HEAD}${chunk.repeat(4_000)}0\r\n\r\n`);
  assert.ok(Number(response.body) > 4_096_000, response.body);
});

test("DELETE, OPTIONS and GET keep their chunked bodies", async () => {
  for (const method of ["DELETE", "OPTIONS", "GET"]) {
    await origin.reset(answering(ok()));
    await exchange(proxy.port, `${HEAD.replace("POST", method)}2\r\nhi\r\n0\r\n\r\n`);
    const up = requestText(origin.text);
    assert.deepEqual(values(up, "transfer-encoding"), ["chunked"]);
    assert.equal(chunkedContent(up.body), "hi");
  }
});

test("a chunked body cut at each of its bytes is the same body", async () => {
  await origin.reset(answering(() => ok()));
  await using client = await RawClient.to(proxy.port);
  for (const byte of `${HEAD}3;x\r\nabc\r\n2\r\nde\r\n0\r\nSum: 1\r\n\r\n`) {
    await client.sendAlone(byte);
  }
  await client.response();
  assert.equal(chunkedContent(requestText(origin.text).body), "abcde");
});

test("trailers that frame, route or authorise are dropped on their way up", async () => {
  await origin.reset(answering(ok()));
  const trailers =
    "Sum: 1\r\nHost: b\r\nContent-Length: 9\r\nAuthorization: x\r\nX-Request-Id: y\r\n";
  await exchange(proxy.port, `${HEAD}2\r\nhi\r\n0\r\n${trailers}\r\n`);
  const { lines, body } = requestText(origin.text);
  assert.doesNotMatch(lines.join(), /Sum:|Authorization/);
  assert.doesNotMatch(body, /Host|Content-Length|Authorization|X-Request-Id/);
});

test("trailers come down only to who accepts them, and never as headers", async () => {
  const trailers = "Sum: 1\r\nContent-Length: 9\r\nSet-Cookie: a=1\r\nX-Hop: 1\r\n";
  const head = RESPONSE.replace("\r\n\r\n", "\r\nConnection: x-hop\r\n\r\n");
  await origin.reset(answering(`${head}2\r\nhi\r\n0\r\n${trailers}\r\n`));
  const plain = await exchange(proxy.port, GET);
  assert.deepEqual(plain.trailers, []);
  const accepting = GET.replace("\r\n\r\n", "\r\nConnection: TE\r\nTE: trailers\r\n\r\n");
  const response = await exchange(proxy.port, accepting);
  assert.deepEqual(response.trailers, ["Sum: 1"]);
  assert.deepEqual(values(response, "sum"), []);
});

test("a chunked response without its last chunk never ends cleanly", async () => {
  for (const end of ["", "0\r\n", "5\r\nhel"]) {
    await origin.reset((connection) => {
      if (connection.hasEnded) return;
      connection.send(`${RESPONSE}5\r\nhello\r\n${end}`).socket.end();
    });
    await using client = await RawClient.to(proxy.port);
    client.send(GET);
    await client.until(() => client.isClosed, "close");
    assert.equal(client.error?.code, "ECONNRESET");
    assert.doesNotMatch(client.text, /\r\n0\r\n/);
  }
});

test("a response shorter than its length never ends cleanly", async () => {
  await origin.reset((connection) => {
    if (!connection.hasEnded)
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").socket.end();
  });
  await using client = await RawClient.to(proxy.port);
  client.send(GET);
  await client.until(() => client.isClosed, "close");
  assert.equal(client.error?.code, "ECONNRESET");
});

/** The data of a chunked body, however it was cut into chunks, each with the shortest size line. */
function chunkedContent(body: string): string {
  let content = "";
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    assert.match(body.slice(at, end), /^(?:0|[1-9a-f][\da-f]*)$/, `at ${at} of ${body}`);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (size === 0) return content;
    content += body.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}
