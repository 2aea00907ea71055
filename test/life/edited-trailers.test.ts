// Trailers that meet hooks: what a script or the configuration has removed from a head, or set in
// it, does not come behind the body either, in neither direction; nor a digest of other bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange } from "./raw-client.ts";
import { answering, requestText } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    requestFilter({ request }) {
      request.headers.delete("x-role");
    },
    responseFilter({ response }) {
      response.headers.set("x-cache", "none");
      response.headers.delete("x-backend");
    },
    BODIES
  });`;

const sides = (bodies: string) =>
  nearSide({
    tenant: { script: "main.ts", headers: { response: { remove: ["X-Powered-By"] } } },
    files: { "main.ts": SCRIPT.replace("BODIES", bodies) },
  });

const TRAILERS =
  "X-Role: a\r\nX-Cache: a\r\nX-Backend: a\r\nX-Powered-By: a\r\nContent-Digest: a\r\nX-Sum: a\r\n";
const CHUNKS = `2\r\nhi\r\n0\r\n${TRAILERS}\r\n`;
const FRAMING = "Transfer-Encoding: chunked\r\n";

async function passed(bodies: string) {
  const { origin, proxy } = await sides(bodies);
  await origin.reset(answering(`HTTP/1.1 200 OK\r\n${FRAMING}\r\n${CHUNKS}`));
  const accepts = "Connection: TE\r\nTE: trailers\r\n";
  const head = `POST / HTTP/1.1\r\nHost: a\r\n${accepts}${FRAMING}\r\n`;
  const { trailers: down } = await exchange(proxy.port, head + CHUNKS);
  const { body } = requestText(origin.text);
  const up = body
    .slice(body.indexOf("\r\n0\r\n") + 5)
    .split("\r\n")
    .slice(0, -2);
  const name = (line: string): string => line.split(":")[0] ?? "";
  return { up: up.map(name), down: down.map(name) };
}

test("a name that was edited in the head is no trailer any more", async () => {
  const { up, down } = await passed("");
  assert.deepEqual(up, ["X-Cache", "X-Backend", "X-Powered-By", "Content-Digest", "X-Sum"]);
  assert.deepEqual(down, ["X-Role", "Content-Digest", "X-Sum"]);
});

test("behind a body hook no digest is left", async () => {
  const { up, down } = await passed("requestBodyFilter() {}, responseBodyFilter() {},");
  assert.deepEqual(up, ["X-Cache", "X-Backend", "X-Powered-By", "X-Sum"]);
  assert.deepEqual(down, ["X-Role", "X-Sum"]);
});
