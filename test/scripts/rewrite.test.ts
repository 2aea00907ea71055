// scripts/rewrite.ts: links are rewritten, however the page is cut into chunks; all else stays.

import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Stand } from "./stand.ts";

const LINK = "http://app.internal";
const PAGE = `<p>Grüße 🎉</p><a href="${LINK}/x">x</a> <a href='${LINK}'>${LINK}</a> ä`;
const PUBLIC = PAGE.replaceAll(LINK, "https://www.example.com");
const PICTURE = `<img src="data:image/png;base64,${"A".repeat(200_000)}"><a href="${LINK}">x</a>`;

async function answer({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url === "/moved") {
    response.writeHead(302, { location: `${LINK}/there` }).end();
    return;
  }
  const type = url === "/text" ? "text/plain" : "text/html; charset=utf-8";
  response.writeHead(200, { "content-type": type, "x-accel": "no" });
  if (url !== "/bytes") {
    response.end(url === "/picture" ? PICTURE : PAGE);
    return;
  }
  for (const byte of Buffer.from(PAGE)) {
    response.write(Buffer.from([byte]));
    await setImmediate();
  }
  response.end();
}

let stand: Stand;
before(async () => {
  const env = { ORIGIN_URL: LINK, PUBLIC_URL: "https://www.example.com" };
  stand = await Stand.start({ script: "rewrite.ts", env, upstreams: { main: answer } });
});
after(async () => await stand[Symbol.asyncDispose]());

test("links of a page lead to the public address", async () => {
  assert.equal((await stand.ask("/")).body, PUBLIC);
});

test("a page that comes byte by byte is rewritten the same, characters whole", async () => {
  assert.equal((await stand.ask("/bytes")).body, PUBLIC);
});

test("a run without an end in sight passes, and links behind it are rewritten", async () => {
  const { body } = await stand.ask("/picture");
  assert.equal(body, PICTURE.replaceAll(LINK, "https://www.example.com"));
});

test("a redirect leads to the public address", async () => {
  const { headers } = await stand.ask("/moved");
  assert.equal(headers.location, "https://www.example.com/there");
});

test("what is not a page stays as it is", async () => {
  assert.equal((await stand.ask("/text")).body, PAGE);
});
