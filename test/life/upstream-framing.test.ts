// Responses that two parsers could read differently, and bytes that no one asked for: the client
// gets 502, and the connection to the origin is never used again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide({ tenant: { maxRetries: 0 } });

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const head = (...lines: string[]): string =>
  `${["HTTP/1.1 200 OK", ...lines].join("\r\n")}\r\n\r\n`;

const REFUSED: readonly (readonly [why: string, response: string])[] = [
  ["two lengths", `${head("Content-Length: 2", "Content-Length: 3")}hi!`],
  ["the same length twice", `${head("Content-Length: 2", "Content-Length: 2")}hi`],
  ["a length with a sign", `${head("Content-Length: +2")}hi`],
  ["a length that is a word", `${head("Content-Length: two")}hi`],
  ["a length of 2^53", `${head("Content-Length: 9007199254740992")}hi`],
  ["an unknown coding", `${head("Transfer-Encoding: foo")}hi`],
  ["gzip, chunked", `${head("Transfer-Encoding: gzip, chunked")}0\r\n\r\n`],
  ["chunked twice", `${head("Transfer-Encoding: chunked, chunked")}0\r\n\r\n`],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a folded line", `${head("X: a", " b", "Content-Length: 0")}`],
  ["a bare CR in a value", `${head("X: a\rb", "Content-Length: 0")}`],
  ["a bare LF in a value", `${head("X: a\nY: b", "Content-Length: 0")}`],
  ["a NUL in a value", `${head("X: a\0", "Content-Length: 0")}`],
  ["lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status of 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"],
  ["HTTP/2", "HTTP/2 200\r\nContent-Length: 0\r\n\r\n"],
  ["noise", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a head of 40,000 bytes", head(`X: ${"a".repeat(40_000)}`)],
  ["an end before the head", "HTTP/1.1 200 OK\r\nContent-Le"],
];

for (const [why, response] of REFUSED) {
  test(`${why} in a response is a 502, and the client's connection stays`, async () => {
    await origin.reset((connection) => {
      if (connection.socket.writableEnded || connection.text === "") return;
      connection.send(response).socket.end();
    });
    await using client = await RawClient.to(proxy.port);
    client.send(GET);
    const answer = await client.response();
    assert.equal(answer.status, 502);
    assert.doesNotMatch(answer.body, /127\.0\.0\.1|origin/);
    await origin.reset(answering(ok("next")));
    assert.equal((await client.send(GET).response()).body, "next");
  });
}

test("both lengths: chunked counts, one length reaches the client, the connection ends", async () => {
  const both = head("Content-Length: 50", "Transfer-Encoding: chunked");
  await origin.reset(answering(`${both}2\r\nhi\r\n0\r\n\r\n`));
  const response = await exchange(proxy.port, GET);
  assert.equal(response.body, "hi");
  assert.deepEqual(values(response, "content-length"), []);
  await exchange(proxy.port, GET);
  assert.equal(origin.connections.length, 2);
});

test("a blank before a colon is taken out of a response", async () => {
  await origin.reset(answering(head("X : y", "Content-Length : 0")));
  const response = await exchange(proxy.port, GET);
  assert.deepEqual(values(response, "x"), ["y"]);
});

test("bytes behind a response reach nobody", async () => {
  const injected = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
  await origin.reset((connection) => {
    if (connection.text !== "") connection.send(ok("hi") + injected);
  });
  for (let i = 0; i < 3; i++) assert.equal((await exchange(proxy.port, GET)).body, "hi");
  assert.equal(origin.connections.length, 3);
});

test("bytes that come on an idle connection reach nobody", async () => {
  await origin.reset(answering(ok("hi")));
  assert.equal((await exchange(proxy.port, GET)).body, "hi");
  const [first] = origin.connections;
  first?.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  await origin.until(() => first?.isClosed === true || first?.hasEnded === true, "its end");
  assert.equal((await exchange(proxy.port, GET)).body, "hi");
});

test("a body that ends with its connection comes in chunks, and the client may go on", async () => {
  await origin.reset((connection) => {
    if (connection.socket.writableEnded || connection.text === "") return;
    connection.send("HTTP/1.0 200 OK\r\n\r\nto the end").socket.end();
  });
  await using client = await RawClient.to(proxy.port);
  const response = await client.send(GET).response();
  assert.equal(response.body, "to the end");
  assert.deepEqual(values(response, "transfer-encoding"), ["chunked"]);
  assert.equal((await client.send(GET).response()).body, "to the end");
});
