// Answers of a script's own: from requestFilter, proxyUpstreamFilter and failToProxy, in every
// shape, on a connection that stays in step.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { RawClient, values } from "./raw-client.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  const answers = {
    "/text": () => new Response("héllo", { status: 203, headers: { "x-own": "1" } }),
    "/bytes": () => new Response(new Uint8Array([0, 255, 13, 10])),
    "/empty": () => new Response(),
    "/204": () => new Response(null, { status: 204 }),
    "/304": () => new Response(null, { status: 304, headers: { etag: '"a"' } }),
    "/large": () => new Response("x".repeat(300000)),
    "/reserved": () =>
      new Response("abc", { headers: { "content-length": "99", connection: "close" } }),
    "/cookies": () => new Response("", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
    "/async": async () => {
      await new Promise((done) => setTimeout(done, 1));
      return new Response("a");
    },
  };
  export default definePhases({
    requestFilter: (session) => answers[session.request.target]?.(),
    proxyUpstreamFilter(session) {
      if (session.request.target === "/proxy") return new Response("proxyUpstreamFilter");
    },
    upstreamPeer: () => { log.info("upstreamPeer"); },
    failToProxy(session) {
      const { code, blame, status } = session.error;
      if (session.request.target === "/fail") {
        return Response.json([code, blame, status], { status: 418 });
      }
    },
    responseFilter: () => log.info("responseFilter"),
    logging({ request, response }) {
      log.info("logging " + request.target + " " + response?.status);
    },
  });`;

const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant({ dead: [`127.0.0.1:${await freePort()}`] }, { script: "main.ts" }),
});
after(() => proxy[Symbol.asyncDispose]());

const CASES: Readonly<Record<string, readonly [number, string]>> = {
  "/text": [203, "h\u00c3\u00a9llo"],
  "/bytes": [200, "\0\xff\r\n"],
  "/empty": [200, ""],
  "/204": [204, ""],
  "/304": [304, ""],
  "/large": [200, "x".repeat(300_000)],
  "/reserved": [200, "abc"],
  "/cookies": [200, ""],
  "/async": [200, "a"],
  "/proxy": [200, "proxyUpstreamFilter"],
  "/fail": [418, '["connect_refused","upstream",502]'],
};

for (const method of ["GET", "HEAD", "POST"]) {
  test(`every shape of a Response answers a ${method}, and the next stays in step`, async () => {
    await using client = await RawClient.to(proxy.port);
    for (const [target, [status, body]] of Object.entries(CASES)) {
      const length = method === "POST" ? "Content-Length: 0\r\n" : "";
      client.send(`${method} ${target} HTTP/1.1\r\nHost: a.example\r\n${length}\r\n`);
      const response = await client.response(method);
      assert.equal(response.status, status, target);
      assert.equal(response.body, method === "HEAD" ? "" : body, target);
      assert.equal(values(response, "x-request-id").length, 1);
      assert.equal(values(response, "connection").length, 0);
      const hasLength = method !== "HEAD" && status !== 204 && status !== 304;
      const expected = hasLength ? [`${body.length}`] : [];
      assert.deepEqual(values(response, "content-length"), expected, target);
      const cookies = target === "/cookies" ? ["a=1", "b=2"] : [];
      assert.deepEqual(values(response, "set-cookie"), cookies);
    }
    await client.endHalf().closed();
    assert.equal(client.text, "");
  });
}

test("a script's answer needs no peer, runs no response filter, and is logged once", async () => {
  await proxy.waitFor(() => proxy.requests().length === 3 * Object.keys(CASES).length);
  const lines = proxy.scriptLines();
  assert.ok(!lines.includes("responseFilter"));
  assert.equal(lines.filter((line) => line === "upstreamPeer").length, 3);
  for (const [target, [status]] of Object.entries(CASES)) {
    assert.equal(lines.filter((line) => line === `logging ${target} ${status}`).length, 3, target);
  }
});

test("unless failToProxy answers, the client gets code and id, and never the cause", async () => {
  await using client = await RawClient.to(proxy.port);
  client.send("GET /dead HTTP/1.1\r\nHost: a.example\r\n\r\n");
  const response = await client.response();
  assert.equal(response.status, 502);
  assert.match(response.body, /connect_refused/);
  assert.match(response.body, new RegExp(values(response, "x-request-id")[0] ?? "none"));
  assert.doesNotMatch(response.body + response.lines.join(), /127\.0\.0\.1|ECONN/);
});
