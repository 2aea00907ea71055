// Scripts ask services: what is sent, what comes back, in both lanes.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { bothLanes, type FetchStand } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";

const origin = await httpOrigin(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url = "", headers } = request;
  response.setHeader("x-origin", "yes");
  if (url.startsWith("/gzip")) {
    response.setHeader("content-encoding", "gzip");
    return response.end(gzipSync("zipped"));
  }
  if (url.startsWith("/both")) {
    response.setHeader("content-encoding", "gzip, br");
    return response.end(brotliCompressSync(gzipSync("twice")));
  }
  if (url.startsWith("/text/")) return response.end(decodeURIComponent(url.slice(6)));
  if (url.startsWith("/none")) return response.writeHead(204).end();
  if (url.startsWith("/reason")) return response.writeHead(200, 'caf\xe9 "open"').end();
  if (url.startsWith("/large")) return response.end("x".repeat(200_000));
  response.writeHead(url === "/404" ? 404 : 200, { "content-type": "application/json" });
  return response.end(
    JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }),
  );
});
after(() => origin[Symbol.asyncDispose]());
const at = (path: string): string => `http://${origin.address}${path}`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

for (const [lane, stand] of await bothLanes()) {
  after(() => stand[Symbol.asyncDispose]());
  const seen = async (plan: Parameters<FetchStand["one"]>[0]): Promise<Seen> => {
    const { body, error } = await stand.one({ read: "json", ...plan });
    assert.equal(error, undefined);
    return body as Seen;
  };

  test(`${lane}: a response has status, headers, URL and body`, async () => {
    const told = await stand.one({ url: at("/a?b=c#d"), read: "json" });
    assert.equal(told.status, 200);
    assert.equal(told.statusText, "OK");
    assert.equal(told.url, at("/a?b=c"));
    assert.equal(told.redirected, false);
    assert.equal(told.headers?.["x-origin"], "yes");
    assert.equal((told.body as Seen).url, "/a?b=c");
    assert.equal((await stand.one({ url: at("/404") })).status, 404);
    assert.equal((await stand.one({ url: at("/reason") })).statusText, 'café "open"');
  });

  test(`${lane}: a URL that was fetched before is the same again, and one like it is itself`, async () => {
    const paths = ["/a?b=1", "/b?a=1", "/a?b=1#c", "/a?b=2", "/A?b=1", "/a?b=1#", "/a?b=1"];
    const told = await stand.fetch(
      ...paths.map((path) => ({ url: at(path), read: "json" }) as const),
    );
    const sent = paths.map((path) => path.replace(/#.*/, ""));
    assert.deepEqual(
      told.map(({ url, body }) => [url, (body as Seen).url]),
      sent.map((path) => [at(path), path]),
    );
  });

  test(`${lane}: a short body is the same however it is read`, async () => {
    for (const text of ["", "ascii", "größer", "\ufeffmarked", "\0\n"]) {
      const [read, twice] = await stand.fetch(
        { url: at(`/text/${encodeURIComponent(text)}`) },
        { url: at(`/text/${encodeURIComponent(text)}`), read: "twice" },
      );
      const decoded = text.replace("\ufeff", "");
      assert.equal(read?.body, decoded);
      assert.deepEqual(twice?.body, [decoded, [...Buffer.from(text)]]);
    }
  });

  test(`${lane}: a request says who asks, and Host is the URL's`, async () => {
    const { method, headers } = await seen({ url: at("/"), init: { headers: { host: "b" } } });
    assert.equal(method, "GET");
    assert.equal(headers.host, origin.address);
    assert.equal(headers.accept, "*/*");
    assert.equal(headers["accept-encoding"], "gzip, br");
    assert.equal(headers["user-agent"], "Sluice");
    assert.match(headers.via ?? "", /^1\.1 \S+$/);
  });

  test(`${lane}: method, headers and body of an init are sent`, async () => {
    const init = { method: "post", headers: { "x-own": "é" }, body: "a=ü" };
    const { method, headers, body } = await seen({ url: at("/"), init });
    assert.equal(method, "POST");
    assert.equal(headers["x-own"], "é");
    assert.equal(headers["content-type"], "text/plain;charset=UTF-8");
    assert.equal(headers["content-length"], "4");
    assert.equal(body, "a=ü");
    // as it is, which no server knows
    assert.equal((await stand.one({ url: at("/"), init: { method: "patch" } })).status, 400);
  });

  test(`${lane}: framing and hop-by-hop headers are the proxy's`, async () => {
    const copied = {
      "content-length": "99",
      "transfer-encoding": "chunked",
      expect: "100-continue",
    };
    const own = { "keep-alive": "9", te: "trailers", via: "1.1 me", "cdn-loop": "me" };
    const init = { method: "POST", headers: { ...copied, ...own }, body: "abc" };
    const { headers, body } = await seen({ url: at("/"), init });
    assert.equal(body, "abc");
    assert.equal(headers["content-length"], "3");
    for (const name of ["transfer-encoding", "expect", "keep-alive", "te", "cdn-loop"]) {
      assert.equal(headers[name], undefined, name);
    }
    assert.doesNotMatch(headers.via ?? "", /me$/);
  });

  test(`${lane}: a body is decoded when it is read, and its header stays`, async () => {
    const zipped = await stand.one({ url: at("/gzip") });
    assert.equal(zipped.body, "zipped");
    assert.equal(zipped.headers?.["content-encoding"], "gzip");
    assert.equal((await stand.one({ url: at("/both") })).body, "twice");
    assert.equal((await stand.one({ url: at("/large"), read: "arrayBuffer" })).body, 200_000);
    assert.deepEqual((await stand.one({ url: at("/none"), read: "bytes" })).body, []);
    assert.equal((await stand.one({ url: at("/a"), init: { method: "HEAD" } })).body, "");
  });

  test(`${lane}: what cannot be asked for is a TypeError`, async () => {
    const refused: readonly (readonly [url: string, init: object, message: RegExp])[] = [
      ["/relative", {}, /expected an absolute URL/],
      ["file:///etc/passwd", {}, /expected http or https/],
      ["data:text/plain,a", {}, /expected http or https/],
      ["about:blank", {}, /expected http or https/],
      [`http://me:secret@${origin.address}/`, {}, /user name or a password/],
      [at("/"), { method: "CONNECT" }, /another method/],
      [at("/"), { method: "trace" }, /another method/],
      [at("/"), { method: "A B" }, /another method/],
      [at("/"), { body: "a" }, /has no body/],
      [at("/"), { headers: { "a b": "c" } }, /token/],
      [at("/"), { headers: { a: "c\r\nd: e" } }, /control characters/],
      [at("/"), { headers: { a: "c\0" } }, /control characters/],
      [at("/"), { redirect: "maybe" }, /redirect/],
      [at("/"), { upstream: "nowhere" }, /expected an upstream group of the tenant \(none\)/],
    ];
    for (const [url, init, message] of refused) {
      const { error = "" } = await stand.one({ url, init: init as Record<string, unknown> });
      assert.match(error, /^TypeError: /, url);
      assert.match(error, message);
    }
  });

  test(`${lane}: an origin that is not there, or does not speak HTTP, is a TypeError`, async () => {
    const gone = await httpOrigin(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { error } = await stand.one({ url: `http://${gone.address}/` });
    assert.match(error ?? "", /^TypeError: fetch: Cannot connect .* \(connect_refused\)$/);
    const tls = await stand.one({ url: `https://${origin.address}/` });
    assert.match(tls.error ?? "", /^TypeError: fetch: .* \(tls_failed\)$/);
  });

  test(`${lane}: connections are used again`, async () => {
    await stand.fetch({ url: at("/1") });
    await stand.fetch({ url: at("/2") });
    const page = await stand.proxy.metrics();
    assert.match(
      page,
      new RegExp(`sluice_upstream_reused_total\\{peer="${origin.address}"\\} [1-9]`),
    );
  });
}
