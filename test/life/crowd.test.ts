// A worker with many requests under way begins others in their turns: each is served, with what is
// its own, and who leaves before its turn holds nobody up.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { data, frame, get, headers, RawHttp2 } from "../support/http2-client.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, ok } from "./raw-origin.ts";

const CROWD = LIMITS.requestsUnqueued + 10;
const OTHERS = LIMITS.beginsInPass * 3;

/** What comes in one piece is read in one: there is no turn in between. */
const ENDS: Readonly<Record<string, (client: RawHttp2, streams: readonly Buffer[]) => void>> = {
  "breaks the protocol": (client, streams) => client.send(...streams, data(0, "none")),
  "ends with a GOAWAY": (client, streams) =>
    client.send(...streams, frame(7, 0, 0, Buffer.alloc(8))),
  "is closed": (client, streams) => {
    client.send(...streams);
    client.socket.end();
  },
  "is reset": (client, streams) => {
    client.send(...streams);
    client.socket.resetAndDestroy();
  },
};

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

for (const [title, end] of Object.entries(ENDS)) {
  test(`a connection of HTTP/2 that ${title} while its streams wait holds nobody up`, async () => {
    await using victim = await Http2Client.to(proxy.url);
    using leaver = await RawHttp2.connect(proxy.port);
    const before = Array.from({ length: OTHERS }, (_, n) => victim.get(`/${n}`));
    const streams = Array.from({ length: OTHERS }, (_, n) => headers(2 * n + 1, get(`/lost/${n}`)));
    end(leaver, streams);
    const behind = Array.from({ length: OTHERS }, (_, n) => victim.get(`/${n}`));
    for (const answers of [before, behind]) {
      for (const [n, answer] of answers.entries())
        assert.match((await answer).body, new RegExp(`^/${n} `));
    }
    if (title === "breaks the protocol") assert.doesNotMatch(origin.text, /^GET \/lost\//m);
  });
}

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
