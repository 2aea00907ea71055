// Hooks for trailers: what they see and may edit, in which order layers have them, in both lanes,
// over HTTP/1.1 here; test/life/grpc.test.ts has them over HTTP/2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient } from "./raw-client.ts";
import { answering, type Behaviour, requestText } from "./raw-origin.ts";

const scriptOf = (name: string): string => `
  import { definePhases, log } from "sluice";
  export default definePhases({
    requestTrailerFilter({ trailers, attempt }) {
      trailers.append("x-path", "${name}-request-" + attempt);
      trailers.delete("x-secret");
      if (trailers.get("x-throw") === "${name}") throw new Error("as asked");
    },
    responseFilter({ response }) { response.headers.set("x-head", "${name}"); },
    upstreamResponseTrailerFilter({ trailers, response }) {
      trailers.append("x-path", "${name}-upstream-" + response.status);
      if (trailers.get("x-throw") === "${name}") throw new Error("as asked");
    },
    async responseTrailerFilter({ trailers }) {
      await null;
      trailers.append("x-path", "${name}-response");
      trailers.delete("x-backend");
      trailers.set("content-type", "dropped");
      trailers.set("x-head", "dropped");
    },
    BODIES
  });`;

const script = (name: string, bodies = ""): string => scriptOf(name).replace("BODIES", bodies);
const FRAMING = "Transfer-Encoding: chunked\r\n";
const HEAD = `POST / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n${FRAMING}\r\n`;
const chunks = (trailers: string): string => `2\r\nhi\r\n0\r\n${trailers}\r\n`;
const answer = (trailers: string): string => `HTTP/1.1 200 OK\r\n${FRAMING}\r\n${chunks(trailers)}`;
/** Behind the last chunk. */
const trailersIn = (body: string): string[] =>
  body
    .slice(body.indexOf("\r\n0\r\n") + 5)
    .split("\r\n")
    .slice(0, -2);

const { origin, proxy } = await nearSide({
  config: { operator: { script: "operator.ts" } },
  tenant: { script: "main.ts" },
  files: { "main.ts": script("tenant"), "operator.ts": script("operator") },
});

function connectionOf(sender: Parameters<Behaviour>[0] | null): Parameters<Behaviour>[0] {
  assert.ok(sender !== null);
  return sender;
}

async function passed(up: string, down: string) {
  await origin.reset(answering(answer(down)));
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD + chunks(up));
  const { trailers } = await client.response();
  return { up: trailersIn(requestText(origin.text).body), down: trailers };
}

test("layers have a request's trailers from outside in, and a response's from inside out", async () => {
  const { up, down } = await passed("X-Secret: a\r\nX-Sum: 1\r\n", "X-Backend: b\r\nX-Sum: 2\r\n");
  assert.deepEqual(up, ["X-Sum: 1", "x-path: operator-request-1", "x-path: tenant-request-1"]);
  assert.deepEqual(down, [
    "X-Sum: 2",
    "x-path: tenant-upstream-200",
    "x-path: tenant-response",
    "x-path: operator-upstream-200",
    "x-path: operator-response",
  ]);
});

test("where no trailers came no hook runs, and none are sent", async () => {
  assert.deepEqual(await passed("", ""), { up: [], down: [] });
});

test("a hook that fails on a response's trailers is a break once the answer has begun", async () => {
  const whole = answer("X-Throw: tenant\r\n");
  const end = whole.indexOf("0\r\n", whole.indexOf("hi"));
  let sender: Parameters<Behaviour>[0] | null = null;
  await origin.reset((connection) => {
    if (sender === null) connection.send(whole.slice(0, end));
    sender = connection;
  });
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD + chunks(""));
  await client.until(() => client.text.includes("hi"), "a part of the body");
  connectionOf(sender).send(whole.slice(end));
  await client.closed();
  assert.doesNotMatch(client.text, /\r\n0\r\n/);
  const line = await proxy.waitFor(({ error }) => error === "script_error");
  assert.match(`${line.reason}`, /as asked/);
});

test("one that fails before that answers in its place", async () => {
  await origin.reset(answering(answer("X-Throw: tenant\r\n")));
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD + chunks(""));
  assert.equal((await client.response()).status, 500);
});

test("a hook that fails on a request's trailers fails the request", async () => {
  await origin.reset(answering(answer("")));
  await using client = await RawClient.to(proxy.port);
  client.send(HEAD + chunks("X-Throw: tenant\r\n"));
  const { status } = await client.response();
  assert.equal(status, 500);
  assert.doesNotMatch(origin.text, /\r\n0\r\n/);
});

test("behind body hooks trailers pass theirs, and follow what the hooks made", async () => {
  const bodies = `responseBodyFilter: ({ chunk }) => new TextDecoder().decode(chunk).toUpperCase(),`;
  const side = await nearSide({
    tenant: { script: "main.ts" },
    files: { "main.ts": script("tenant", bodies) },
  });
  await side.origin.reset(answering(answer("X-Sum: 2\r\n")));
  await using client = await RawClient.to(side.proxy.port);
  client.send(HEAD + chunks(""));
  const { body, trailers } = await client.response();
  assert.equal(body, "HI");
  assert.deepEqual(trailers, [
    "X-Sum: 2",
    "x-path: tenant-upstream-200",
    "x-path: tenant-response",
  ]);
});
