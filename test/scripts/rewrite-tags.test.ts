// scripts/rewrite-tags.ts: tags come out rewritten wherever the page was cut, and nothing else is
// touched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Stand } from "./stand.ts";

const PAGE = `<!doctype html><p>1 < 2, h\u00e9</p><img src="http://a.example/1.png"><img loading="eager"
  src='http://a.example/2.png'><script src=http://a.example/s.js></script><a href="http://b.example/">
  http: stays</a><images/> <`;
const WANTED = `<!doctype html><p>1 < 2, h\u00e9</p><img loading="lazy" src="https://a.example/1.png"><img loading="eager"
  src='https://a.example/2.png'><script src=https://a.example/s.js></script><a href="http://b.example/">
  http: stays</a><images/> <`;

const types: Readonly<Record<string, string>> = {
  "/text": "text/plain",
  "/latin": "text/html; charset=latin1",
};

test("pages are rewritten as they stream, and nothing else is", async () => {
  const main = async (
    request: { url?: string | undefined },
    response: import("node:http").ServerResponse,
  ) => {
    const { url = "" } = request;
    response.setHeader("content-type", types[url] ?? "text/html; charset=utf-8");
    response.setHeader("etag", '"page"');
    if (url === "/gzip") return response.setHeader("content-encoding", "gzip").end(gzipSync(PAGE));
    if (url !== "/cut") return response.end(PAGE);
    for (const byte of Buffer.from(PAGE)) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    return response.end();
  };
  await using stand = await Stand.start({
    script: "rewrite-tags.ts",
    upstreams: { main: (request, response) => void main(request, response) },
  });
  const headers = { accept: "text/html" };
  for (const path of ["/whole", "/cut", "/gzip"]) {
    const page = await stand.ask(path, { headers });
    assert.equal(page.body, WANTED, path);
    assert.deepEqual([page.headers.etag, page.headers["content-encoding"]], [undefined, undefined]);
  }
  for (const path of ["/text", "/latin"]) {
    const page = await stand.ask(path, { headers });
    assert.deepEqual([page.body, page.headers.etag], [PAGE, '"page"'], path);
  }
  assert.equal((await stand.ask("/whole")).body, PAGE);
});
