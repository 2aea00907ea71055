// Every hook of a script: when it runs, in which order, what it sees and what it may change.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { CLIENT_VERSION } from "./protocol.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange, values } from "./raw-client.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  const say = (name, seen = "") => log.info(name + (seen === "" ? "" : " " + JSON.stringify(seen)));
  export default definePhases({
    newCtx: () => { say("newCtx"); return { hooks: 1 }; },
    earlyRequestFilter(session, ctx) {
      ctx.hooks++;
      const { address, tls } = session.client;
      say("earlyRequestFilter", [address, tls, session.timing.elapsedMs >= 0]);
    },
    requestFilter(session, ctx) {
      ctx.hooks++;
      const { method, target, url, httpVersion, headers } = session.request;
      const isUrl = url.endsWith(target);
      say("requestFilter", [method, target, isUrl, httpVersion, headers.get("x-in")]);
      headers.set("x-in", "edited");
      headers.append("x-two", "1");
      headers.append("x-two", "2");
      headers.delete("x-gone");
      session.request.target = "/edited?by=script";
    },
    proxyUpstreamFilter(session, ctx) {
      ctx.hooks++;
      say("proxyUpstreamFilter", session.request.target);
    },
    upstreamPeer(session, ctx) {
      ctx.hooks++;
      say("upstreamPeer", session.attempt);
      return "origin";
    },
    connectedToUpstream(session, ctx) {
      ctx.hooks++;
      const { peer, reused, local, tls, connectMs } = session.upstream;
      say("connectedToUpstream", [reused, tls, connectMs > 0, local.startsWith("127.0.0.1:")]);
      log.debug(peer);
    },
    upstreamRequestFilter(session, ctx) {
      ctx.hooks++;
      session.upstreamRequest.headers.set("x-up", "1");
      session.upstreamRequest.target += "&up";
      say("upstreamRequestFilter", [session.request.target, session.request.headers.has("x-up")]);
    },
    upstreamResponseFilter(session, ctx) {
      ctx.hooks++;
      const { status, headers } = session.response;
      say("upstreamResponseFilter", [status, headers.get("x-origin")]);
      headers.set("x-first", "1");
    },
    responseFilter(session, ctx) {
      ctx.hooks++;
      say("responseFilter", session.response.headers.get("x-first"));
      session.response.status = 202;
      session.response.headers.delete("x-origin");
    },
    failToProxy() { say("failToProxy"); },
    logging(session, ctx) {
      const { error, response, bytes, upstream } = session;
      const { received, sent } = bytes;
      say("logging", [ctx.hooks, error, response.status, received, sent, upstream.reused]);
    },
  });`;

const origin = await httpOrigin((request, response) => {
  response.setHeader("x-origin", "1");
  response.end(JSON.stringify([request.method, request.url, request.headersDistinct]));
});
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant({ origin: [origin.address] }, { script: "main.ts" }),
});
after(() => proxy[Symbol.asyncDispose]());
after(() => origin[Symbol.asyncDispose]());

test("hooks run in the order of the request's life, each with what its phase has", async () => {
  const request = "GET /asked HTTP/1.1\r\nHost: a.example\r\nX-In: sent\r\nX-Gone: 1\r\n\r\n";
  const response = await exchange(proxy.port, request);
  assert.equal(response.status, 202);
  assert.deepEqual(values(response, "x-first"), ["1"]);
  assert.deepEqual(values(response, "x-origin"), []);
  const [method, url, headers] = JSON.parse(response.body);
  assert.deepEqual([method, url], ["GET", "/edited?by=script&up"]);
  assert.deepEqual(headers["x-in"], ["edited"]);
  assert.deepEqual(headers["x-two"], ["1", "2"]);
  assert.deepEqual(headers["x-up"], ["1"]);
  assert.equal(headers["x-gone"], undefined);
  await proxy.waitFor((line) => line.msg === "request");
  assert.deepEqual(proxy.scriptLines(), [
    "newCtx",
    'earlyRequestFilter ["127.0.0.1",null,true]',
    `requestFilter ["GET","/asked",true,"${CLIENT_VERSION}","sent"]`,
    'proxyUpstreamFilter "/edited?by=script"',
    "upstreamPeer 1",
    "connectedToUpstream [false,false,true,true]",
    'upstreamRequestFilter ["/edited?by=script",false]',
    'upstreamResponseFilter [200,"1"]',
    'responseFilter "1"',
    `logging [9,null,202,0,${response.body.length},false]`,
  ]);
});
