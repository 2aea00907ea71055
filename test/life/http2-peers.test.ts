// Peers of HTTP/2 behind a real proxy: what clients of either version see of them, with phases in
// between.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { OracleOrigin } from "../upstream/http2-origin.ts";
import { Http2Client } from "./http2-client.ts";
import { laneOf } from "./lane.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  upstreamPeer({ request }) {
    const address = request.headers.get("x-peer");
    if (address !== null) return { address, protocol: "http2" };
    return request.headers.get("x-group") ?? "oracle";
  },
  upstreamRequestFilter({ upstreamRequest }) { upstreamRequest.headers.set("x-hook", "seen"); },
  responseFilter({ response }) { response.headers.set("x-version", "filtered"); },
  requestBodyFilter: ({ chunk }) => chunk,
});`;

const closed: number[] = [];
const oracle = await OracleOrigin.listen((stream, fields) => {
  stream.on("close", () => void closed.push(stream.rstCode ?? -1));
  const path = String(fields[":path"]);
  if (path === "/early") {
    stream.respond({ ":status": 413 });
    return void stream.end("too much");
  }
  stream.respond({ ":status": 200, "x-seen": `${fields["x-hook"]} ${fields[":authority"]}` });
  if (path === "/begun") return void stream.write("begun");
  stream.pipe(stream);
});

/** It takes ten streams at once. */
const narrow = await OracleOrigin.listen(
  (stream) => {
    stream.respond({ ":status": 200 });
    setImmediate(() => stream.end("narrow"));
  },
  { settings: { maxConcurrentStreams: 10 } },
);

const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    tenants: {
      a: {
        ...laneOf({ script: "main.ts" }),
        hosts: ["*"],
        script: "main.ts",
        defaultUpstream: "oracle",
        upstreams: {
          oracle: { protocol: "http2", peers: [oracle.address] },
          narrow: { protocol: "http2", peers: [narrow.address], limits: { connections: 1 } },
        },
      },
    },
  },
});
for (const one of [proxy, oracle, narrow]) after(() => one[Symbol.asyncDispose]());

const http2 = (): Promise<Http2Client> => Http2Client.to(`http://127.0.0.1:${proxy.port}`);

test("a peer that a script names is spoken to by the version that it names", async () => {
  await using client = await http2();
  const answer = await client.ask({ "x-peer": oracle.address, ":method": "POST" }, "hello");
  assert.deepEqual([answer.status, answer.body], [200, "hello"]);
  assert.equal(answer.headers["x-seen"], "seen a.example");
});

test("clients of either version are answered, with phases, and the log says the protocol", async () => {
  await using client = await http2();
  const answer = await client.ask({ ":method": "POST", ":path": "/a" }, "hello");
  assert.deepEqual([answer.status, answer.body], [200, "hello"]);
  assert.equal(answer.headers["x-seen"], "seen a.example");
  assert.equal(answer.headers["x-version"], "filtered");
  await using old = await RawClient.to(proxy.port);
  old.send("POST /b HTTP/1.1\r\nHost: b.example\r\nContent-Length: 5\r\n\r\nagain");
  const response = await old.response();
  assert.equal(response.body, "again");
  const line = await proxy.waitFor(({ target }) => target === "/b");
  assert.deepEqual([line.upstreamProtocol, line.reused], ["HTTP/2", true]);
});

test("a client that resets its stream resets the peer's, with CANCEL", async () => {
  await using client = await http2();
  closed.length = 0;
  const stream = client.open({ ":path": "/begun" });
  await new Promise((resolve) => stream.once("data", resolve));
  stream.close(8);
  await proxy.waitFor(({ target, error }) => target === "/begun" && error === "client_aborted");
  while (closed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(closed, [8]);
});

test("an answer that comes before the end of an upload is the client's", async () => {
  await using client = await http2();
  const stream = client.open({ ":method": "POST", ":path": "/early" });
  stream.write("a");
  const [status, body] = await new Promise<[number, string]>((resolve) => {
    let status = 0;
    let body = "";
    stream.on("response", (fields) => {
      status = Number(fields[":status"]);
    });
    stream.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    stream.on("end", () => resolve([status, body]));
  });
  assert.deepEqual([status, body], [413, "too much"]);
});

test("where one connection is all that a group may have, what has no room on it waits", async () => {
  await using client = await http2();
  const ask = () => client.get("/narrow", { "x-group": "narrow" });
  const answers = await Promise.all(Array.from({ length: 60 }, ask));
  for (const { status, body } of answers) assert.equal(`${status} ${body}`, "200 narrow");
  assert.equal(narrow.sessions.length, 1);
});
