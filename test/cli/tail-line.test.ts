// Events of the tail, as `sluice tail` prints them.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { eventsOf } from "../../src/cli/client/event-stream.ts";
import { tailLine } from "../../src/cli/client/tail-line.ts";
import { accessLine } from "../../src/observe/access.ts";

const FIELDS = {
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  id: "id-1",
  tenant: "shop",
  deployment: "v7",
  client: "192.0.2.1",
  method: "GET",
  host: "shop.example",
  target: "/cart",
  status: 502,
  error: "connect_refused",
  reason: null,
  bytesReceived: 0,
  bytesSent: 20,
  durationMs: 1.5,
  upstream: "127.0.0.1:9001",
  reused: false,
  attempts: 1,
};

const event = (name: string, data: string) => ({ name, data, retryMs: null });

test("a request for people is the access line for people", () => {
  const data = accessLine("json", FIELDS).trimEnd();
  assert.equal(tailLine(event("request", data), true), accessLine("pretty", FIELDS));
});

test("as JSON every line is what the proxy sent", () => {
  assert.equal(tailLine(event("log", '{"msg":"a"}'), false), '{"msg":"a"}\n');
});

test("a script's line names hook and place, and cannot speak to the terminal", () => {
  const data = JSON.stringify({
    level: "error",
    time: "2026-01-02T03:04:05.006Z",
    hook: "requestFilter",
    at: "main.ts:7:11",
    msg: "a\u001b[2Jb",
  });
  const line = tailLine(event("log", data), true);
  assert.match(
    line,
    /03:04:05\.006 {2}ERROR {2}a\\x1b\[2Jb {2}hook=requestFilter {2}at=main\.ts:7:11/,
  );
});

test("lines that were dropped are told in both formats", () => {
  const dropped = event("dropped", '{"lines":12}');
  assert.equal(tailLine(dropped, false), '{"level":"warn","msg":"dropped","lines":12}\n');
  assert.match(tailLine(dropped, true), /12 lines dropped/);
});

test("of several proxies each line names its own, and what one does not say is told", () => {
  const { node, ...rest } = { node: "edge-2", ...JSON.parse(accessLine("json", FIELDS)) };
  const line = tailLine(event("request", JSON.stringify({ node, ...rest })), true);
  assert.equal(line, `edge-2  ${accessLine("pretty", FIELDS)}`);
  const lost = event("node", '{"node":"edge-2","id":"x","reason":"no answer within 2 s"}');
  assert.equal(tailLine(lost, true), "… edge-2 is not read: no answer within 2 s\n");
  assert.deepEqual(JSON.parse(tailLine(lost, false)), {
    ...{ level: "warn", msg: "proxy is not read" },
    ...{ node: "edge-2", reason: "no answer within 2 s" },
  });
  const back = event("node", '{"node":"edge-2","id":"x","reason":""}');
  assert.equal(tailLine(back, true), "… edge-2 is read again\n");
  const dropped = event("dropped", '{"node":"edge-2","lines":12}');
  assert.match(tailLine(dropped, true), /12 lines dropped at edge-2/);
});

test("a stream is read whole, wherever it was cut", async () => {
  const text =
    'retry: 1000\n: tail\n\nevent: log\ndata: {"m":"ü"}\n\n: x\n\nevent: request\ndata: 1\n\n';
  const bytes = Buffer.from(text);
  for (let cut = 1; cut < bytes.length; cut++) {
    const chunks = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.deepEqual(await Array.fromAsync(eventsOf(chunks)), [
      { name: "log", data: '{"m":"ü"}', retryMs: 1_000 },
      { name: "request", data: "1", retryMs: 1_000 },
    ]);
  }
});

test("what never ends an event is refused", async () => {
  const endless = Readable.from([Buffer.alloc(1_000_000, "x")]);
  await assert.rejects(Array.fromAsync(eventsOf(endless)), /expected server-sent events/);
});
