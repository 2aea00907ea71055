// Clients next to each other: all are read through one buffer, and none sees another's bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const CLIENTS = 6;
const letters = Array.from({ length: CLIENTS }, (_, at) => String.fromCharCode(97 + at));

const { origin, proxy } = await nearSide();

const echo = answering(({ lines, body }) => ok(`${lines[0]} ${body}`));

test("heads and bodies that come in pieces are not mixed up with those of other clients", async () => {
  await origin.reset(echo);
  const clients = await Promise.all(letters.map(() => RawClient.to(proxy.port)));
  await using _all = disposing(clients);
  const texts = letters.map((letter) => {
    const body = letter.repeat(40_000);
    const head = `Host: a\r\nX-Own: ${letter.repeat(50)}\r\n`;
    const post = `POST /${letter}1 HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    return `${post}GET /${letter}2 HTTP/1.1\r\n${head}\r\n`;
  });
  const length = Math.max(...texts.map((text) => text.length));
  const cuts = [0, 9, 30, 70, 150, 151, 1000, 20_000, 40_050, 40_160, length];
  for (const [i, from] of cuts.entries()) {
    const pieces = texts.map((text) => text.slice(from, cuts[i + 1] ?? length));
    await Promise.all(clients.map((client, at) => client.sendAlone(pieces[at] ?? "")));
  }
  for (const [at, letter] of letters.entries()) {
    const first = await clients[at]?.response();
    assert.equal(first?.body, `POST /${letter}1 HTTP/1.1 ${letter.repeat(40_000)}`);
    const second = await clients[at]?.response();
    assert.equal(second?.body, `GET /${letter}2 HTTP/1.1 `);
  }
});

test("bodies that wait for their upstream arrive as they were sent", async () => {
  await origin.reset(echo);
  const clients = await Promise.all(letters.map(() => RawClient.to(proxy.port)));
  await using _all = disposing(clients);
  const bodies = letters.map((letter) => letter.repeat(2_000_000));
  for (const [at, client] of clients.entries()) {
    const body = bodies[at] ?? "";
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  for (const [at, client] of clients.entries()) {
    const { body } = await client.response();
    assert.ok(body === `POST / HTTP/1.1 ${bodies[at]}`, `the body of client ${at} differs`);
  }
});

const disposing = (clients: readonly RawClient[]): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    for (const client of clients) await client[Symbol.asyncDispose]();
  },
});
