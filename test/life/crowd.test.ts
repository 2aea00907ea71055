// A worker with many requests under way begins others in their turns: each is served, with what is
// its own, and who leaves before its turn holds nobody up.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const CROWD = LIMITS.requestsUnqueued + 10;
const OTHERS = LIMITS.beginsInPass * 3;

const { origin, proxy } = await nearSide({
  config: { workers: 1, listeners: [{ address: "127.0.0.1:0", http2: true }] },
});

const headOf = (path: string, more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
const isHeld = (text: string): boolean => text.startsWith("GET /held/");

const echoing = answering(({ lines: [line = ""], body }) => ok(`${line.split(" ")[1]} ${body}`));
origin.behaviour = (connection) => {
  if (!isHeld(connection.text)) echoing(connection);
};
const held: RawClient[] = [];

before(async () => {
  for (let n = 0; n < CROWD; n++) {
    const client = await RawClient.to(proxy.port);
    held.push(client.send(headOf(`/held/${n}`)));
  }
  const arrived = () => origin.connections.filter(({ text }) => isHeld(text)).length;
  await origin.until(() => arrived() === CROWD, "all that are held");
});

test("those that come at once are answered each with its own, whole, pipelined, half closed or left", async () => {
  const clients = await Promise.all(Array.from({ length: OTHERS }, () => RawClient.to(proxy.port)));
  for (const [n, client] of clients.entries()) {
    if (n % 5 === 0) client.send(`${headOf(`/${n}/a`)}${headOf(`/${n}/b`)}`);
    else client.send(headOf(`/${n}/a`));
    if (n % 7 === 0) client.socket.resetAndDestroy();
    else if (n % 3 === 0) client.endHalf();
  }
  for (const [n, client] of clients.entries()) {
    if (n % 7 === 0) continue;
    assert.equal((await client.response()).body, `/${n}/a `);
    if (n % 5 === 0) assert.equal((await client.response()).body, `/${n}/b `);
    if (n % 3 === 0) await client.closed();
    await client[Symbol.asyncDispose]();
  }
});

test("bodies that come before their request's turn are its own", async () => {
  const length = 6;
  const clients = await Promise.all(Array.from({ length: OTHERS }, () => RawClient.to(proxy.port)));
  for (const [n, client] of clients.entries()) {
    const body = String(n).padStart(length, "0");
    client.send(
      `POST /${n} HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
  }
  for (const [n, client] of clients.entries()) {
    assert.equal((await client.response("POST")).body, `/${n} ${String(n).padStart(length, "0")}`);
    await client[Symbol.asyncDispose]();
  }
});

test("streams of HTTP/2 have their turns, and one that is reset before is nobody's", async () => {
  await using one = await Http2Client.to(proxy.url);
  await using other = await Http2Client.to(proxy.url);
  const asked = Array.from({ length: OTHERS / 2 }, (_, n) => {
    const client = n % 2 === 0 ? one : other;
    const body = `body ${n}`;
    const length = { "content-length": body.length };
    const stream = client.open({ ":method": "POST", ":path": `/${n}`, ...length });
    stream.end(body);
    if (n % 5 === 0) stream.close();
    return { n, answer: answerOf(stream) };
  });
  for (const { n, answer } of asked) {
    const { body } = await answer;
    if (n % 5 !== 0) assert.equal(body, `/${n} body ${n}`);
  }
});

test("those that were under way all along are answered, and the worker has no request left", async () => {
  for (const connection of origin.connections) {
    const path = /^GET (\/held\/\d+) /.exec(connection.text)?.[1];
    if (path !== undefined) connection.send(ok(path));
  }
  for (const [n, client] of held.entries()) {
    assert.equal((await client.response()).body, `/held/${n}`);
    await client[Symbol.asyncDispose]();
  }
  const underWay = async (): Promise<string | undefined> =>
    /^sluice_requests_active (\d+)$/m.exec(await proxy.metrics())?.[1];
  while ((await underWay()) !== "0") assert.notEqual(await underWay(), undefined);
});
