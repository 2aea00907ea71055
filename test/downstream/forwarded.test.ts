// What a request from a stranger is sent on with, one after the other on one connection: the lines
// of the one before are used again only where they say the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Forwarder, type Sender, TrustedProxies } from "../../src/downstream/forwarded.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { parseRequestHead } from "../../src/http1/request.ts";

const forwarder = (pseudonym: string): Forwarder =>
  new Forwarder(new TrustedProxies([]), pseudonym);

const sender = (): Sender => ({
  address: "192.0.2.1",
  port: 1,
  tls: false,
  isHttp2: false,
  lines: null,
});

/** What is sent on for a head of that version, host and further lines; the id as `ID`. */
function sentOn(by: Forwarder, from: Sender, lines: readonly string[]): string[] {
  const head = parseRequestHead([...lines, "", ""].join("\r\n"), CODEC_LIMITS);
  const { headers, id } = by.forward(head, from);
  return headers.replace(id, "ID").split("\r\n").slice(0, -1);
}

const expected = (host: string, via: string): string[] => [
  `Host: ${host}`,
  "X-Forwarded-For: 192.0.2.1",
  "X-Forwarded-Proto: http",
  `X-Forwarded-Host: ${host}`,
  `Via: ${via}`,
  "X-Request-Id: ID",
];

test("each request of a connection is sent on with its own host and version", () => {
  const [one, from] = [forwarder("one"), sender()];
  for (const host of ["a.com", "a.com", "b.com:81", "a.com"]) {
    for (const minor of [1, 0, 0, 1]) {
      const sent = sentOn(one, from, [`GET / HTTP/1.${minor}`, `Host: ${host}`]);
      assert.deepEqual(sent, expected(host, `1.${minor} one`));
    }
  }
});

test("a proxy before us in Via is named, and forgotten with the next request", () => {
  const [one, from] = [forwarder("one"), sender()];
  const lines = ["GET / HTTP/1.1", "Host: a.com"];
  const plain = expected("a.com", "1.1 one");
  assert.deepEqual(sentOn(one, from, lines), plain);
  const behind = sentOn(one, from, [...lines, "Via: 1.1 other"]);
  assert.deepEqual(behind, expected("a.com", "1.1 other, 1.1 one"));
  assert.deepEqual(sentOn(one, from, lines), plain);
});

test("another forwarder, as a reload makes one, does not use the lines of the first", () => {
  const from = sender();
  const lines = ["GET / HTTP/1.1", "Host: a.com"];
  assert.deepEqual(sentOn(forwarder("one"), from, lines), expected("a.com", "1.1 one"));
  assert.deepEqual(sentOn(forwarder("two"), from, lines), expected("a.com", "1.1 two"));
});

test("each request has an id of its own", () => {
  const [one, from] = [forwarder("one"), sender()];
  const head = parseRequestHead("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n", CODEC_LIMITS);
  const ids = Array.from({ length: 1_000 }, () => one.forward(head, from).id);
  assert.equal(new Set(ids).size, 1_000);
});
