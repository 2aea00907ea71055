// How much a script may fetch: each bound has its key, and an error that names it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";
import { RawClient } from "./raw-client.ts";

let open = 0;
let most = 0;
const held: (() => void)[] = [];
const origin = await httpOrigin((request, response) => {
  most = Math.max(most, ++open);
  response.once("close", () => open--);
  if (request.url === "/held") held.push(() => response.end("held"));
  else if (request.url === "/large") response.end("x".repeat(3_000));
  else if (request.url === "/head") response.writeHead(200, { "x-long": "x".repeat(70_000) }).end();
  else if (request.url === "/unread") response.end("x".repeat(200_000));
  else if (request.url?.startsWith("/to/")) response.writeHead(302, { location: "/" }).end();
  else setTimeout(() => response.end("ok"), 5);
});
after(() => origin[Symbol.asyncDispose]());
const at = (path: string): string => `http://${origin.address}${path}`;
const limits = {
  ...{ subrequests: 8, subrequestsAtOnce: 2, subrequestsPerWorker: 12, bufferedBodyBytes: 2_000 },
};

for (const [lane, stand] of await bothLanes({ tenant: { limits } })) {
  after(() => stand[Symbol.asyncDispose]());

  test(`${lane}: of one request so many, hops counted`, async () => {
    const told = await stand.fetch(...Array.from({ length: 10 }, () => ({ url: at("/") })));
    const errors = told.map(({ error }) => error).filter((error) => error !== undefined);
    const message = "TypeError: fetch: too many fetches: at most 8 (limits.subrequests)";
    assert.deepEqual(errors, [message, message]);
    const hops = await stand.fetch(...Array.from({ length: 5 }, () => ({ url: at("/to/") })));
    assert.equal(hops.filter(({ error }) => error === message).length, 2);
  });

  test(`${lane}: so many of them at once; the others wait, and have their turn`, async () => {
    most = 0;
    const told = await stand.fetch(...Array.from({ length: 8 }, () => ({ url: at("/") })));
    assert.deepEqual(
      told.map(({ body }) => body),
      Array(8).fill("ok"),
    );
    assert.equal(most, 2);
  });

  test(`${lane}: so many of all requests together`, async () => {
    const six = Array.from({ length: 6 }, () => ({ url: at("/held") }));
    const told = Promise.all([stand.fetch(...six), stand.fetch(...six)]);
    while (held.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    const { error } = await stand.one({ url: at("/") });
    const most = "at most 12 (limits.subrequestsPerWorker)";
    assert.equal(error, `TypeError: fetch: too many fetches of all requests at once: ${most}`);
    let isOver = false;
    void told.then(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const end of held.splice(0)) end();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal((await stand.one({ url: at("/") })).body, "ok");
  });

  test(`${lane}: those that wait for others are never sent when their client has left`, async () => {
    const two = Array.from({ length: 2 }, () => ({ url: at("/") }));
    // leaves connections that would take them at once
    await Promise.all(Array.from({ length: 4 }, () => stand.fetch(...two)));
    const body = JSON.stringify(Array.from({ length: 8 }, () => ({ url: at("/held") })));
    await using client = await RawClient.to(stand.proxy.port);
    const head = `POST /plan HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}`;
    client.send(`${head}\r\n\r\n${body}`);
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    client.socket.resetAndDestroy();
    while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await stand.one({ url: at("/") })).body, "ok");
    assert.equal(held.splice(0).length, 2);
  });

  test(`${lane}: a body that is read, and a head, have a size`, async () => {
    const large = await stand.one({ url: at("/large") });
    const most = "2000 bytes (limits.bufferedBodyBytes)";
    assert.equal(large.error, `TypeError: fetch: the body is larger than ${most}`);
    const { error } = await stand.one({ url: at("/head") });
    assert.match(error ?? "", /^TypeError: fetch: .*\(upstream_protocol\)$/);
  });

  test(`${lane}: bodies that nobody reads end with their hook`, async () => {
    await stand.fetch(
      ...Array.from({ length: 2 }, () => ({ url: at("/unread"), read: "nothing" as const })),
    );
    while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await stand.one({ url: at("/") })).body, "ok");
  });
}
