// Responses that end with their head, whatever their fields say: HEAD, 1xx, 204, 304; and 205,
// which ends where its framing says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { type Behaviour, ok } from "./raw-origin.ts";

const { origin, proxy } = await nearSide();

/** Sends the request, then a GET on the same connection: what is framed wrongly shows there. */
async function twice(method: string, first: string) {
  const behaviour: Behaviour = (connection) => {
    const asked = connection.text.split("\r\n\r\n").length - 1;
    const sent = sentOn.get(connection) ?? 0;
    sentOn.set(connection, asked);
    for (let i = sent; i < asked; i++) {
      connection.send(
        connection.text.includes(`${method} /first `) && i === 0 ? first : ok("next"),
      );
    }
  };
  const sentOn = new WeakMap<object, number>();
  await origin.reset(behaviour);
  await using client = await RawClient.to(proxy.port);
  client.send(`${method} /first HTTP/1.1\r\nHost: a\r\n\r\n`);
  const response = await client.response(method);
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal((await client.response()).body, "next");
  assert.equal(client.text, "");
  return response;
}

test("HEAD keeps the Content-Length of a GET and has no body", async () => {
  const response = await twice("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  assert.deepEqual(values(response, "content-length"), ["500"]);
  assert.equal(origin.connections.length, 1, "the origin's connection is used again");
});

test("HEAD to an origin that would answer in chunks has no chunks", async () => {
  const response = await twice("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert.deepEqual(values(response, "content-length"), []);
  assert.equal(origin.connections.length, 1);
});

test("HEAD to an origin that gives no length has none", async () => {
  const response = await twice("HEAD", "HTTP/1.1 200 OK\r\n\r\n");
  assert.deepEqual(values(response, "content-length"), []);
});

test("the body that an origin wrongly sends with HEAD reaches nobody", async () => {
  await twice("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/");
  assert.equal(origin.connections.length, 2, "its connection is not used again");
});

test("304 keeps its Content-Length and has no body", async () => {
  const response = await twice("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  assert.equal(response.status, 304);
  assert.deepEqual(values(response, "content-length"), ["7"]);
});

test("304 that announces chunks has none", async () => {
  const head = "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n";
  assert.deepEqual(values(await twice("GET", head), "transfer-encoding"), []);
});

test("204 loses Content-Length and Transfer-Encoding", async () => {
  for (const framing of ["Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked"]) {
    const response = await twice("GET", `HTTP/1.1 204 No Content\r\n${framing}\r\n\r\n`);
    assert.equal(response.status, 204);
    assert.deepEqual(values(response, "content-length"), []);
    assert.deepEqual(values(response, "transfer-encoding"), []);
  }
});

test("205 ends where its framing says", async () => {
  const response = await twice("GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n");
  assert.equal(response.status, 205);
  assert.deepEqual(values(response, "content-length"), ["0"]);
});
