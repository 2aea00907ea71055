// Redirects that fetch follows: which request comes next, with what of this one.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bothLanes } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";

/** `/to/STATUS/LOCATION` redirects; anything else says what came. */
const respond: Parameters<typeof httpOrigin>[0] = async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method, url = "", headers } = request;
  const [, status, location] = /^\/to\/(\d+)\/(.*)$/.exec(url) ?? [];
  if (status !== undefined) {
    const to = decodeURIComponent(location ?? "");
    response.writeHead(Number(status), to === "" ? {} : { location: to });
    return response.end("moved");
  }
  const [, hops] = /^\/hops\/(\d+)$/.exec(url) ?? [];
  if (hops !== undefined && hops !== "0") {
    return response.writeHead(302, { location: `${Number(hops) - 1}` }).end();
  }
  return response.end(JSON.stringify({ method, url, headers, body }));
};
const [one, other] = [await httpOrigin(respond), await httpOrigin(respond)];
for (const origin of [one, other]) after(() => origin[Symbol.asyncDispose]());

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const to = (status: number, location: string): string =>
  `http://${one.address}/to/${status}/${encodeURIComponent(location)}`;
const credentials = { authorization: "Basic a", cookie: "a=b", "x-api-key": "k" };

for (const [lane, stand] of await bothLanes()) {
  after(() => stand[Symbol.asyncDispose]());

  test(`${lane}: relative, protocol-relative and absolute locations are followed`, async () => {
    for (const location of [
      "/x?y",
      `//${one.address}/x?y`,
      `http://${one.address}/x?y`,
      "../../x?y",
    ]) {
      const told = await stand.one({ url: to(302, location), read: "json" });
      assert.equal(told.redirected, true);
      assert.equal(told.url, `http://${one.address}/x?y`);
      assert.equal((told.body as Seen).url, "/x?y");
    }
  });

  test(`${lane}: 301, 302 and 303 of a POST become a GET without a body`, async () => {
    for (const status of [301, 302, 303]) {
      const init = { method: "POST", body: "data" };
      const { body } = await stand.one({ url: to(status, "/x"), init, read: "json" });
      const { method, body: sent, headers } = body as Seen;
      assert.deepEqual([method, sent, headers["content-type"]], ["GET", "", undefined]);
    }
    const put = { method: "PUT", body: "data" };
    const { body } = await stand.one({ url: to(302, "/x"), init: put, read: "json" });
    assert.deepEqual([(body as Seen).method, (body as Seen).body], ["PUT", "data"]);
  });

  test(`${lane}: 307 and 308 send the body again`, async () => {
    for (const status of [307, 308]) {
      const init = { method: "POST", body: "data" };
      const { body } = await stand.one({ url: to(status, "/x"), init, read: "json" });
      assert.deepEqual([(body as Seen).method, (body as Seen).body], ["POST", "data"]);
    }
  });

  test(`${lane}: credentials stay with their origin, on the way there and back`, async () => {
    const init = { headers: credentials };
    const back = `http://${one.address}/x`;
    const away = `http://${other.address}/to/302/${encodeURIComponent(back)}`;
    for (const location of [`http://${other.address}/x`, away]) {
      const { body } = await stand.one({ url: to(302, location), init, read: "json" });
      const { headers } = body as Seen;
      assert.deepEqual([headers.authorization, headers.cookie], [undefined, undefined]);
      assert.equal(headers["x-api-key"], "k");
    }
    const { body } = await stand.one({ url: to(302, "/x"), init, read: "json" });
    assert.equal((body as Seen).headers.authorization, "Basic a");
  });

  test(`${lane}: "manual" gives the response, "error" rejects, and so does the 21st hop`, async () => {
    const manual = await stand.one({ url: to(302, "/x"), init: { redirect: "manual" } });
    assert.deepEqual([manual.status, manual.headers?.location, manual.body], [302, "/x", "moved"]);
    const { error } = await stand.one({ url: to(302, "/x"), init: { redirect: "error" } });
    assert.equal(error, "TypeError: fetch: it was redirected");
    assert.equal((await stand.one({ url: to(302, "") })).status, 302);
    const hops = (count: number): string => `http://${one.address}/hops/${count}`;
    assert.equal((await stand.one({ url: hops(20) })).status, 200);
    const over = await stand.one({ url: hops(21) });
    assert.equal(over.error, "TypeError: fetch: over 20 redirects");
  });
}
